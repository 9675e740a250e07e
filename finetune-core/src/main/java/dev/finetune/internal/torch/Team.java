package dev.finetune.internal.torch;

/** Threads that run the same code. */
interface Team {
    /**
     * Runs code on some threads at once and returns when it has ended on all of them.
     *
     * @param threads how many threads, at the most
     * @param each what runs on each of them; throws nothing
     */
    void run(int threads, Runnable each);
}
