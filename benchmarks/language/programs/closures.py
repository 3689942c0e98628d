# Functions that make functions: counters with a state of their own, and compositions.
import sys


def make_counter(step):
    count = 0

    def next():
        nonlocal count
        count += step
        return count

    return next


def compose(f, g):
    return lambda x: f(g(x))


def main(n):
    total = 0
    for i in range(n):
        next = make_counter(i % 5)
        double_then_add = compose(lambda x: x + i, lambda x: 2 * x)
        for turn in range(10):
            total += next() + double_then_add(turn)
    print(total)


main(int(sys.argv[1]))
