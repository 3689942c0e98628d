-- Tables that are changed and tables that are created: balls between walls.
local function ball(i)
  return {x = i, y = 2 * i % 50, dx = 1 + i % 3, dy = 1 + i % 5, hits = 0}
end

local function move(ball)
  ball.x = ball.x + ball.dx
  ball.y = ball.y + ball.dy
  if ball.x < 0 or ball.x > 100 then
    ball.dx = -ball.dx
    ball.hits = ball.hits + 1
  end
  if ball.y < 0 or ball.y > 50 then
    ball.dy = -ball.dy
    ball.hits = ball.hits + 1
  end
end

local function main(n)
  local balls = {}
  for i = 0, 99 do balls[i + 1] = ball(i) end
  local sum = {x = 0, y = 0}
  for step = 0, n - 1 do
    for _, ball in ipairs(balls) do move(ball) end
    local first = balls[step % 100 + 1]
    sum = {x = sum.x + first.x, y = sum.y + first.y}
  end
  local hits = 0
  for _, ball in ipairs(balls) do hits = hits + ball.hits end
  print(hits .. " " .. sum.x .. " " .. sum.y)
end

main(math.tointeger(arg[1]))
