# One long list of flags: the primes below a bound.
import sys


def sieve(n):
    is_prime = [True for i in range(n)]
    is_prime[0] = False
    is_prime[1] = False
    i = 2
    while i * i < n:
        if is_prime[i]:
            for j in range(i * i, n, i):
                is_prime[j] = False
        i += 1
    count = 0
    for flag in is_prime:
        if flag:
            count += 1
    return count


print(sieve(int(sys.argv[1])))
