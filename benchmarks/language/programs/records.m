% Structs that are changed and structs that are created: balls between walls.
1;
function r = ball(i)
  r = struct("x", i, "y", mod(2 * i, 50), "dx", 1 + mod(i, 3), "dy", 1 + mod(i, 5), "hits", 0);
end

function ball = move(ball)
  ball.x += ball.dx;
  ball.y += ball.dy;
  if ball.x < 0 || ball.x > 100
    ball.dx = -ball.dx;
    ball.hits += 1;
  end
  if ball.y < 0 || ball.y > 50
    ball.dy = -ball.dy;
    ball.hits += 1;
  end
end

inputs = argv();
n = str2double(inputs{1});
balls = {};
for i = 0:99
  balls{i + 1} = ball(i);
end
sum = struct("x", 0, "y", 0);
for step = 0:n - 1
  for i = 1:100
    balls{i} = move(balls{i});
  end
  first = balls{mod(step, 100) + 1};
  sum = struct("x", sum.x + first.x, "y", sum.y + first.y);
end
hits = 0;
for i = 1:100
  hits += balls{i}.hits;
end
printf("%d %d %d\n", hits, sum.x, sum.y);
