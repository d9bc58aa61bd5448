// Marks a function whose loops are worth the machine's widest vectors: it is compiled for several
// instruction sets, and the loader chooses. The same operations in the same order, hence the same
// bits on each. Only where the compiler can, and not under sanitizers, which do not run before the
// loader has chosen. What the function calls is compiled into it.
#pragma once

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TRAINYARD_VECTORIZED __attribute__((target_clones("avx512f", "avx2", "default"), flatten))
#else
#define TRAINYARD_VECTORIZED
#endif
