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
	slices     = 200
	yields     = 2500
	trips      = 1500
	spawns     = 1500
	pauses     = 100
	spare      = 64
	repeatsMax = 50
	repeatsMin = 5
)

func say(shape string, value float64) {
	fmt.Printf("%s %.3f\n", shape, value)
}

// percentile sorts the values.
func percentile(values []float64, percent int) float64 {
	sort.Float64s(values)
	return values[len(values)*percent/100]
}

// measureSlices does a slice again and again; the middle one counts.
func measureSlices(slice func(), operations int) float64 {
	values := make([]float64, slices)
	for i := range values {
		begin := time.Now()
		slice()
		values[i] = float64(time.Since(begin).Nanoseconds()) / float64(operations)
	}
	return percentile(values, 50)
}

func yield() float64 {
	var over atomic.Bool
	go func() {
		for !over.Load() {
			runtime.Gosched()
		}
	}()
	runtime.Gosched()
	value := measureSlices(func() {
		for i := 0; i < yields; i++ {
			runtime.Gosched()
		}
	}, 2*yields)
	over.Store(true)
	return value
}

func channel() float64 {
	ping, pong := make(chan *int), make(chan *int)
	go func() {
		for value := range ping {
			pong <- value
		}
	}()
	value := measureSlices(func() {
		for i := 0; i < trips; i++ {
			ping <- nil
			<-pong
		}
	}, trips)
	close(ping)
	return value
}

func spawn() float64 {
	pong := make(chan *int)
	return measureSlices(func() {
		for i := 0; i < spawns; i++ {
			go func() { pong <- nil }()
			<-pong
		}
	}, spawns)
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
	return percentile(values, 50), bytes
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
	return percentile(values, 99)
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
