# Objects that are changed and objects that are created: balls between walls.
import sys


class Ball:
    def __init__(self, i):
        self.x = i
        self.y = 2 * i % 50
        self.dx = 1 + i % 3
        self.dy = 1 + i % 5
        self.hits = 0


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def move(ball):
    ball.x += ball.dx
    ball.y += ball.dy
    if ball.x < 0 or ball.x > 100:
        ball.dx = -ball.dx
        ball.hits += 1
    if ball.y < 0 or ball.y > 50:
        ball.dy = -ball.dy
        ball.hits += 1


def main(n):
    balls = [Ball(i) for i in range(100)]
    sum = Point(0, 0)
    for step in range(n):
        for ball in balls:
            move(ball)
        first = balls[step % 100]
        sum = Point(sum.x + first.x, sum.y + first.y)
    hits = 0
    for ball in balls:
        hits += ball.hits
    print(f"{hits} {sum.x} {sum.y}")


main(int(sys.argv[1]))
