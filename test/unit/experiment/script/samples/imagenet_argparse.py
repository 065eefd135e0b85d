# In the style of a large image classification example: positional data, choices that are computed, lists.
import argparse
import torchvision.models as models

model_names = sorted(name for name in models.__dict__ if name.islower())
BATCH = 16 * 16

parser = argparse.ArgumentParser(description='Training on many images')
parser.add_argument('data', metavar='DIR', nargs='?', default='imagenet', help='path to dataset')
parser.add_argument('-a', '--arch', metavar='ARCH', default='resnet18', choices=model_names)
parser.add_argument('-j', '--workers', default=4, type=int, metavar='N')
parser.add_argument('--epochs', default=90, type=int)
parser.add_argument('-b', '--batch-size', default=BATCH, type=int, help='mini-batch size')
parser.add_argument('--lr', '--learning-rate', default=0.1, type=float, metavar='LR', dest='lr')
parser.add_argument('--momentum', default=0.9, type=float)
parser.add_argument('--wd', '--weight-decay', default=1e-4, type=float, dest='weight_decay')
parser.add_argument('--milestones', nargs='+', type=int, default=[30, 60, 80], help='epochs of decay')
parser.add_argument('--resume', default=None, type=str, metavar='PATH')
parser.add_argument('-e', '--evaluate', dest='evaluate', action='store_true')
parser.add_argument('--amp', default=True, action=argparse.BooleanOptionalAction)
parser.add_argument('--no-augment', dest='augment', action='store_false', help='no augmentation')
parser.add_argument('-v', action='count', default=0)
group = parser.add_mutually_exclusive_group()
group.add_argument('--fast', type=int, default=0)
group.add_argument('--exact', type=int, default=1)


def main():
    args = parser.parse_args()


if __name__ == '__main__':
    main()
