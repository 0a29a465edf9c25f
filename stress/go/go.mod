module gproof/carry

go 1.19
