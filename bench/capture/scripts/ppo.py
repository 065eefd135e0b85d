"""A policy-gradient agent in one file, as reinforcement learners write them: argparse and a SummaryWriter."""
import argparse
import time

import torch
from torch.distributions import Categorical
from torch.utils.tensorboard import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--exp-name", default="ppo")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--learning-rate", type=float, default=0.02)
parser.add_argument("--total-timesteps", type=int, default=2000)
parser.add_argument("--num-steps", type=int, default=100)
parser.add_argument("--clip-coef", type=float, default=0.2)
args = parser.parse_args()
writer = SummaryWriter(f"runs/{args.exp_name}__{args.seed}__{int(time.time())}")
rows = "\n".join(f"|{name}|{value}|" for name, value in vars(args).items())
writer.add_text("hyperparameters", f"|param|value|\n|-|-|\n{rows}")

torch.manual_seed(args.seed)
agent = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2))
optimizer = torch.optim.Adam(agent.parameters(), lr=args.learning_rate)
start, step = time.time(), 0
while step < args.total_timesteps:
    seen = torch.randn(args.num_steps, 4)
    with torch.no_grad():
        policy = Categorical(logits=agent(seen))
        action = policy.sample()
        before = policy.log_prob(action)
    reward = (action == (seen[:, 0] > 0)).float()
    advantage = reward - reward.mean()
    for _ in range(4):
        policy = Categorical(logits=agent(seen))
        ratio = (policy.log_prob(action) - before).exp()
        clipped = ratio.clamp(1 - args.clip_coef, 1 + args.clip_coef)
        loss = -torch.min(ratio * advantage, clipped * advantage).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    step += args.num_steps
    print(f"global_step={step}, episodic_return={reward.sum().item()}")
    writer.add_scalar("charts/episodic_return", reward.sum(), step)
    writer.add_scalar("losses/policy_loss", loss.item(), step)
    writer.add_scalar("losses/entropy", policy.entropy().mean().item(), step)
    writer.add_scalar("charts/SPS", int(step / (time.time() - start)), step)
writer.close()
