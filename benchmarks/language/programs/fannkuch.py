# Elements of short lists, read and written: flips of all permutations.
import sys


def fannkuch(n):
    permutation = list(range(n))
    counts = [0] * n
    best = 0
    checksum = 0
    parity = 0
    r = n
    while True:
        while r > 1:
            counts[r - 1] = r
            r -= 1
        if permutation[0] != 0:
            copy = permutation[:]
            flips = 0
            first = copy[0]
            while first != 0:
                low = 0
                high = first
                while low < high:
                    held = copy[low]
                    copy[low] = copy[high]
                    copy[high] = held
                    low += 1
                    high -= 1
                flips += 1
                first = copy[0]
            if flips > best:
                best = flips
            checksum += flips if parity == 0 else -flips
        searching = True
        while searching:
            if r == n:
                return checksum, best
            front = permutation[0]
            for i in range(r):
                permutation[i] = permutation[i + 1]
            permutation[r] = front
            counts[r] -= 1
            if counts[r] > 0:
                searching = False
            else:
                r += 1
        parity = 1 - parity


checksum, best = fannkuch(int(sys.argv[1]))
print(f"{checksum} {best}")
