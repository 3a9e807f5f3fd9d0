# Durations, rates, sizes, run ids, clock times, the arithmetic of this machine and the words of HDF5 differ from run to run or from machine to
# machine; everything else must not. Progress lines are many on a slow machine, few on a fast one, so none is kept.
/^(! )?(extract|export|verify|recompute|backup|merge): [0-9]+ of [0-9]+ (photos|features|MB)/d
s/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/UUID/g
s/\b(winograd7?-[a-z0-9]+|openblas-(im2col|plain|neon|avx[0-9]+)|openblas|reference)(, (winograd7?-[a-z0-9]+|openblas-(im2col|plain|neon|avx[0-9]+)|openblas|reference))+\b/KERNELS/g
s/openblas-(im2col|wino[0-9])|(f32|f64|i16|bf16|bf16x3)-(wino|direct|im2col)[0-9a-z-]*/ARITHMETIC/g
s/(computes with ARITHMETIC) \([A-Za-z0-9-]+\)/\1 (KERNEL)/g
s/^Features [0-9a-f]{8}: /Features DIGEST: /
s/[0-9.]+ MB, [0-9.]+ kB each/SIZE/g
s/[0-9.]+ a second/RATE a second/g
s/\(HDF5: [^)]*\)/(HDF5: ...)/
s/[0-9]+ h [0-9]+ min/DURATION/g
s/[0-9]+ min [0-9]+ s/DURATION/g
s/([^0-9.])[0-9]+(\.[0-9]+)? (s|ms)([],;: )]|\.?$|\. )/\1DURATION\4/g
s/"([a-z]+_)?seconds": [0-9.e-]+/"\1seconds": SECONDS/g
s/[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/g
s/ARITHMETIC(, ARITHMETIC)+/ARITHMETICS/g
