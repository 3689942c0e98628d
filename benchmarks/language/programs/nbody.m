% Fields of structs: five planets that attract each other.
1;
function r = body(x, y, z, vx, vy, vz, mass)
  r = struct("x", x, "y", y, "z", z, "vx", vx, "vy", vy, "vz", vz, "mass", mass);
end

function bodies = solar_system()
  bodies = {
    body(0, 0, 0, 0, 0, 0, 39.47)
    body(4.84, -1.16, -0.1, 0.6, 2.81, -0.02, 0.037)
    body(8.34, 4.12, -0.4, -1.01, 1.82, 0.008, 0.011)
    body(12.89, -15.11, -0.22, 1.08, 0.86, -0.01, 0.0017)
    body(15.37, -25.91, 0.17, 0.97, 0.59, -0.034, 0.002)
  };
end

function bodies = advance(bodies, dt)
  count = numel(bodies);
  for i = 1:count
    a = bodies{i};
    for j = i + 1:count
      b = bodies{j};
      dx = a.x - b.x;
      dy = a.y - b.y;
      dz = a.z - b.z;
      square = dx * dx + dy * dy + dz * dz;
      strength = dt / (square * square ^ 0.5);
      pull = b.mass * strength;
      push = a.mass * strength;
      a.vx -= dx * pull;
      a.vy -= dy * pull;
      a.vz -= dz * pull;
      b.vx += dx * push;
      b.vy += dy * push;
      b.vz += dz * push;
      bodies{j} = b;
    end
    bodies{i} = a;
  end
  for i = 1:count
    a = bodies{i};
    a.x += dt * a.vx;
    a.y += dt * a.vy;
    a.z += dt * a.vz;
    bodies{i} = a;
  end
end

function total = energy(bodies)
  total = 0;
  count = numel(bodies);
  for i = 1:count
    a = bodies{i};
    total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
    for j = i + 1:count
      b = bodies{j};
      dx = a.x - b.x;
      dy = a.y - b.y;
      dz = a.z - b.z;
      total -= a.mass * b.mass / (dx * dx + dy * dy + dz * dz) ^ 0.5;
    end
  end
end

inputs = argv();
bodies = solar_system();
for step = 1:str2double(inputs{1})
  bodies = advance(bodies, 0.01);
end
printf("%.6f\n", energy(bodies));
