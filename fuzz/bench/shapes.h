// What the two programs of `gproof bench runtime` measure, and how they say it: shapes.c on the
// plain posix world, shapes.go on Go. Each measures every shape once and prints a line a figure,
//
//   SHAPE VALUE
//
// with the names below and values in the unit of the shape. The verb runs them in turn, round after
// round, and takes medians. A change here is a change in shapes.go.
#ifndef GPROOF_BENCH_SHAPES_H
#define GPROOF_BENCH_SHAPES_H

// SHAPE(id, name, unit): per yield, round trip, goroutine and profile; a pause is the longest gap
// in the life of a goroutine that runs on the other P while a profile is taken, its 99th
// percentile.
#define BENCH_SHAPES                                                                               \
    SHAPE(resident, "resident, a parked goroutine of 100,000", "KiB")                              \
    SHAPE(profile_100000, "profile of 100,000 parked goroutines", "us")                            \
    SHAPE(profile_10000, "profile of 10,000 parked goroutines", "us")                              \
    SHAPE(profile_1000, "profile of 1,000 parked goroutines", "us")                                \
    SHAPE(yield, "yield, 2 goroutines on 1 P", "ns")                                               \
    SHAPE(channel, "channel round trip, 1 P", "ns")                                                \
    SHAPE(spawn, "spawn and join, 1 P", "ns")                                                      \
    SHAPE(pause_100, "pause, p99, profile of 100 goroutines", "us")                                \
    SHAPE(pause_10000, "pause, p99, profile of 10,000 goroutines", "us")

enum bench_shape {
#define SHAPE(id, name, unit) BENCH_SHAPE_##id,
    BENCH_SHAPES
#undef SHAPE
        BENCH_SHAPES_COUNT
};

#endif
