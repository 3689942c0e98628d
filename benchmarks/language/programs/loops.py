# Three nested counting loops around a little arithmetic.
import sys


def loops(n):
    total = 0
    for i in range(n):
        for j in range(n):
            for k in range(n):
                total += (i * j + k) % 7
    return total


print(loops(int(sys.argv[1])))
