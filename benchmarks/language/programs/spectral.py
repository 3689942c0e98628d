# Small functions and lists of numbers: the spectral norm of an infinite matrix.
import sys


def entry(i, j):
    return 1 / ((i + j) * (i + j + 1) / 2 + i + 1)


def times(v, n):
    result = []
    for i in range(n):
        total = 0
        for j in range(n):
            total += entry(i, j) * v[j]
        result.append(total)
    return result


def times_transposed(v, n):
    result = []
    for i in range(n):
        total = 0
        for j in range(n):
            total += entry(j, i) * v[j]
        result.append(total)
    return result


def main(n):
    u = [1] * n
    v = []
    for _ in range(3):
        v = times_transposed(times(u, n), n)
        u = times_transposed(times(v, n), n)
    uv = 0
    vv = 0
    for i in range(n):
        uv += u[i] * v[i]
        vv += v[i] * v[i]
    print(f"{(uv / vv) ** 0.5:.6f}")


main(int(sys.argv[1]))
