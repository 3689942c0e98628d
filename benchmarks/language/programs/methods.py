# Methods: an account as a class, and the methods of lists.
import sys


class Account:
    def __init__(self, owner):
        self.owner = owner
        self.balance = 0
        self.count = 0

    def deposit(self, amount):
        self.balance += amount
        self.count += 1

    def fee(self, rate):
        return self.balance * rate


def main(n):
    accounts = [Account(i) for i in range(10)]
    log = []
    fees = 0
    for i in range(n):
        chosen = accounts[i % 10]
        chosen.deposit(i % 7)
        fees += chosen.fee(2)
        log.append(fees)
        if len(log) == 100:
            while len(log) > 50:
                log.pop()
    total = 0
    for each in accounts:
        total += each.balance + each.count
    print(f"{total} {fees} {len(log)}")


main(int(sys.argv[1]))
