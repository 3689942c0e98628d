% Text: lines that grow character by character, then joined to one string.
inputs = argv();
n = str2double(inputs{1});
lines = {};
for i = 0:n - 1
  line = "";
  for j = 0:39
    if mod(i * j, 3) == 0
      line = [line "#"];
    else
      line = [line "."];
    end
  end
  lines{end + 1} = sprintf("%d: %s", i, line);
end
text = strjoin(lines, "\n");
printf("%d\n", numel(text));
printf("%s\n", lines{n});
