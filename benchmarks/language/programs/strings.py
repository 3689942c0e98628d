# Text: lines that grow character by character, then joined to one string.
import sys


def main(n):
    lines = []
    for i in range(n):
        line = ""
        for j in range(40):
            if (i * j) % 3 == 0:
                line += "#"
            else:
                line += "."
        lines.append(f"{i}: {line}")
    text = "\n".join(lines)
    print(len(text))
    print(lines[n - 1])


main(int(sys.argv[1]))
