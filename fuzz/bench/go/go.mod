module gproof/bench

go 1.21
