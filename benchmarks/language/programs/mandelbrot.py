# Arithmetic in a loop with two conditions: steps until points of the plane escape.
import sys


def escape(re, im):
    x = 0
    y = 0
    steps = 0
    while steps < 100 and x * x + y * y <= 4:
        next = x * x - y * y + re
        y = 2 * x * y + im
        x = next
        steps += 1
    return steps


def main(n):
    total = 0
    for row in range(n):
        for column in range(n):
            total += escape(3 * column / n - 2, 2 * row / n - 1)
    print(total)


main(int(sys.argv[1]))
