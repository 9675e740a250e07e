package dev.finetune.train;

/** Measures how long training takes, with and without its pauses for evaluation. */
final class Stopwatch {
    private long start;
    private long pausedAt;
    private long paused;
    private double earlier;
    private double earlierTraining;

    void start() {
        start = System.nanoTime();
        paused = 0;
    }

    /** Adds what an earlier beginning took, to all but {@link #secondsHere}. */
    void goOn(double seconds, double trainingSeconds) {
        earlier = seconds;
        earlierTraining = trainingSeconds;
    }

    void pause() {
        pausedAt = System.nanoTime();
    }

    void resume() {
        paused += System.nanoTime() - pausedAt;
    }

    /** Since it was started. */
    double secondsHere() {
        return (System.nanoTime() - start) / 1e9;
    }

    double seconds() {
        return earlier + secondsHere();
    }

    double trainingSeconds() {
        return earlierTraining + (System.nanoTime() - start - paused) / 1e9;
    }
}
