// The shapes of shapes.h on Go: the same work, measured the same way as in shapes.c.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"sync/atomic"
	"time"
)

const (
	yields     = 500000
	trips      = 300000
	spawns     = 300000
	pauses     = 100
	spare      = 64
	repeatsMax = 50
	repeatsMin = 5
)

func say(shape string, value float64) {
	fmt.Printf("%s %.3f\n", shape, value)
}

func yieldOften(done *atomic.Uint32) {
	for i := 0; i < yields; i++ {
		runtime.Gosched()
	}
	done.Add(1)
}

func yield() float64 {
	var done atomic.Uint32
	go yieldOften(&done)
	runtime.Gosched()
	begin := time.Now()
	yieldOften(&done)
	return float64(time.Since(begin).Nanoseconds()) / (2 * yields)
}

func channel() float64 {
	ping, pong := make(chan *int), make(chan *int)
	go func() {
		for value := range ping {
			pong <- value
		}
	}()
	begin := time.Now()
	for i := 0; i < trips; i++ {
		ping <- nil
		<-pong
	}
	elapsed := time.Since(begin)
	close(ping)
	return float64(elapsed.Nanoseconds()) / trips
}

func spawn() float64 {
	pong := make(chan *int)
	begin := time.Now()
	for i := 0; i < spawns; i++ {
		go func() { pong <- nil }()
		<-pong
	}
	return float64(time.Since(begin).Nanoseconds()) / spawns
}

func resident() float64 {
	var total, pages float64
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &total, &pages)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	return pages * float64(os.Getpagesize())
}

func parked(count *atomic.Uint32, ping chan *int) {
	count.Add(1)
	<-ping
}

// parkAll returns what lets the goroutines go and the bytes that each holds resident.
func parkAll(goroutines int) (chan *int, float64) {
	var count atomic.Uint32
	ping := make(chan *int)
	before := resident()
	for i := 0; i < goroutines; i++ {
		go parked(&count, ping)
		if i%spare == 0 {
			runtime.Gosched()
		}
	}
	for int(count.Load()) < goroutines {
		runtime.Gosched()
	}
	return ping, (resident() - before) / float64(goroutines)
}

func takeProfile(records []runtime.StackRecord, goroutines int) {
	if n, ok := runtime.GoroutineProfile(records); !ok || n < goroutines {
		fmt.Fprintln(os.Stderr, "the profile does not fit")
		os.Exit(1)
	}
}

// letGo ends the parked goroutines and waits for it, so that the next shape does not see them.
func letGo(ping chan *int) {
	close(ping)
	for runtime.NumGoroutine() > spare {
		runtime.Gosched()
	}
}

func profile(goroutines int) (microseconds, bytes float64) {
	ping, bytes := parkAll(goroutines)
	records := make([]runtime.StackRecord, goroutines+spare)
	takeProfile(records, goroutines)
	repeats := min(max(500000/goroutines, repeatsMin), repeatsMax)
	values := make([]float64, repeats)
	for i := range values {
		begin := time.Now()
		takeProfile(records, goroutines)
		values[i] = float64(time.Since(begin).Nanoseconds()) / 1e3
	}
	letGo(ping)
	sort.Float64s(values)
	return values[repeats/2], bytes
}

type spinner struct {
	gap, ticks atomic.Int64
	over       atomic.Bool
}

// spin runs all the time, and knows when it could not.
func (s *spinner) spin() {
	last := time.Now()
	for !s.over.Load() {
		now := time.Now()
		if gap := now.Sub(last).Nanoseconds(); gap > s.gap.Load() {
			s.gap.Store(gap)
		}
		last = now
		s.ticks.Add(1)
	}
}

func (s *spinner) await() {
	for ticks := s.ticks.Load(); s.ticks.Load() < ticks+2; {
		runtime.Gosched()
	}
}

func pause(goroutines int) float64 {
	ping, _ := parkAll(goroutines)
	records := make([]runtime.StackRecord, goroutines+spare)
	var s spinner
	go s.spin()
	values := make([]float64, pauses)
	for i := range values {
		s.await()
		s.gap.Store(0)
		takeProfile(records, goroutines)
		s.await()
		values[i] = float64(s.gap.Load()) / 1e3
	}
	s.over.Store(true)
	letGo(ping)
	sort.Float64s(values)
	return values[pauses*99/100]
}

func main() {
	// No collection but between shapes: the other side has none to do either.
	debug.SetGCPercent(-1)
	runtime.GOMAXPROCS(2)
	largest, bytes := profile(100000)
	say("resident", bytes/1024)
	say("profile_100000", largest)
	for _, goroutines := range []int{10000, 1000} {
		runtime.GC()
		microseconds, _ := profile(goroutines)
		say(fmt.Sprintf("profile_%d", goroutines), microseconds)
	}
	runtime.GOMAXPROCS(1)
	say("yield", yield())
	say("channel", channel())
	say("spawn", spawn())
	runtime.GOMAXPROCS(2)
	for _, goroutines := range []int{100, 10000} {
		runtime.GC()
		say(fmt.Sprintf("pause_%d", goroutines), pause(goroutines))
	}
}
