# Recursion over parts of one list: sorting numbers in place.
import sys


def sort(list, first, last):
    if first >= last:
        return
    pivot = list[(first + last) // 2]
    low = first
    high = last
    while low <= high:
        while list[low] < pivot:
            low += 1
        while list[high] > pivot:
            high -= 1
        if low <= high:
            held = list[low]
            list[low] = list[high]
            list[high] = held
            low += 1
            high -= 1
    sort(list, first, high)
    sort(list, low, last)


def main(n):
    list = []
    state = 42
    for i in range(n):
        state = (state * 16807) % 2147483647
        list.append(state)
    sort(list, 0, n - 1)
    checksum = 0
    for i in range(n):
        checksum = (checksum * 31 + list[i]) % 1000003
    print(checksum)


main(int(sys.argv[1]))
