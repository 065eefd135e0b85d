# a small network on few characters
max_iters = 40
n_embd = 16
learning_rate = 2e-2
