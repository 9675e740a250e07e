package dev.finetune.train;

/** Measures how long training takes, with and without its pauses for evaluation. */
final class Stopwatch {
    private long start;
    private long pausedAt;
    private long paused;

    void start() {
        start = System.nanoTime();
        paused = 0;
    }

    void pause() {
        pausedAt = System.nanoTime();
    }

    void resume() {
        paused += System.nanoTime() - pausedAt;
    }

    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    double trainingSeconds() {
        return (System.nanoTime() - start - paused) / 1e9;
    }
}
