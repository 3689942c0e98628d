[32m#!/usr/bin/env smap[0m
[32m# %%[0m[32m A cell with a title[0m
[32m## Scales `x` into the interval from 0 to 1.[0m
[35mfn[0m [34mnormalize[0m(x: [B, [35m...[0m, [33m3[0m], eps [35m=[0m [33m1e-6[0m, [35m*[0m, [k, v] [35m=[0m pair, [35m...[0mrest) [35m->[0m [B, T] {
  [35mlet[0m {a, b} [35m=[0m {a: [33m1[0m, [32m"[0m[32mb c[0m[32m"[0m: [33m2[0m, [35m...[0mrest}
  [35mif[0m [35mnot[0m x.min() [35m==[0m [33mnil[0m [35mand[0m eps [35m>=[0m [33m1_000.5e-3[0m { [35mreturn[0m x [35m/[0m [33m2[0m } [35melse[0m { [35mbreak[0m }
  x.shape[[33m1[0m:[33m3[0m, [35m...[0m, ::[33m2[0m] [35m|>[0m [36mmap[0m([35mfn[0m(n: number) [35m=[0m n [35m**[0m [33m2[0m)
}
[32m"[0m[32ma [0m{x:[33m.3f[0m}[32m b [0m[36m{{[0m[32mc[0m[36m}}[0m[32m [0m{f([32m"[0m[32min [0m{y[[33m1[0m:[33m2[0m]:[33md[0m}[32m"[0m)}[32m [0m[36m\n[0m[32m [0m[36m\u{1F600}[0m[32m [0m{r.a :[33mg[0m}[32m end[0m[32m"[0m [35m#=>[0m[32m "text"[0m
[32m'[0m[32mverbatim {x} \n[0m[32m'[0m
[36msmap.encode[0m(tok, images, label [35m=[0m [33m3[0m) [32m# a comment[0m
[35mlet[0m m [35m=[0m [[33m1[0m, [33m2[0m; [33m3[0m, [33m4[0m] [35m@[0m [36mzeros[0m([33m2[0m, [33m2[0m); [36mplot.line[0m(m)
pi.sum(dim [35m=[0m {k: [33m1[0m}.k) [35m+[0m other.field.sum [35m#![0m[32m TypeError: words[0m
[35mfor[0m [i, p] [35min[0m [36menumerate[0m(xs) { total [35m+=[0m p }
[35mlet[0m tools [35m=[0m [35mimport[0m [32m"[0m[32mtools.smap[0m[32m"[0m
[35mtry[0m { tools.run({a: [33m1[0m, b}, [32m"[0m{ {c: [[33m1[0m, [33m2[0m]}.c }[32m"[0m) } [35mcatch[0m e { [36mprint[0m(e.message) }
[35mfn[0m [34mf[0m(q: tensor [35m=[0m [36mzeros[0m([33m2[0m, [33m2[0m), r: mine) [35m=[0m q
  [35m|>[0m [36msum[0m()
[35mlet[0m sum [35m=[0m x [35m!=[0m y; sum
