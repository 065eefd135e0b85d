from omegaconf import OmegaConf

conf = OmegaConf.merge(OmegaConf.load("experiment.yaml"), OmegaConf.from_cli())
print(conf.optimizer.lr)
