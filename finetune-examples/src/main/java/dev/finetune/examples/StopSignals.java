package dev.finetune.examples;

import dev.finetune.error.FinetuneException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ctrl-C and its kin (SIGINT, SIGTERM, SIGHUP) during a job: the first interrupts the job's thread, so that training ends at
 * the next step and what was learned can be saved; the second ends the process at once, and so does a minute without an end.
 * Java has signals only in a class that isn't of its API, which is looked up; where it isn't there, signals end the process
 * as ever.
 */
public final class StopSignals {
    private static final List<String> NAMES = List.of("INT", "TERM", "HUP");
    private static final int BASE_STATUS = 128;
    private static final long PATIENCE_MILLIS = 60_000;

    private final Thread job = Thread.currentThread();
    private final AtomicInteger status = new AtomicInteger();

    private StopSignals() {}

    /**
     * Does a job.
     *
     * @return 0; or, if a signal stopped it, the exit status that says so: 130 after SIGINT, 143 after SIGTERM
     */
    public static int during(Callable<?> work) throws Exception {
        final StopSignals signals = new StopSignals();
        final List<Runnable> restore = signals.listen();
        try {
            work.call();
        } catch (FinetuneException e) {
            if (signals.status.get() == 0) {
                throw e;
            }
            System.err.println("stopped: " + e.getMessage());
        } finally {
            restore.forEach(Runnable::run);
            if (signals.status.get() != 0) {
                Thread.interrupted(); // Nothing is left to be stopped.
            }
        }
        return signals.status.get();
    }

    private List<Runnable> listen() {
        final List<Runnable> restore = new ArrayList<>();
        try {
            final Class<?> type = Class.forName("sun.misc.Signal");
            final Class<?> handlers = Class.forName("sun.misc.SignalHandler");
            for (String name : NAMES) {
                listen(name, type, handlers).ifPresent(restore::add);
            }
        } catch (ReflectiveOperationException e) {
            return restore; // Signals end the process as ever.
        }
        return restore;
    }

    /** Handles a signal until what is returned runs; empty where the system has no such signal, or keeps it (-Xrs). */
    private Optional<Runnable> listen(String name, Class<?> type, Class<?> handlers)
            throws ReflectiveOperationException {
        try {
            final Object signal = type.getConstructor(String.class).newInstance(name);
            final int number = (int) type.getMethod("getNumber").invoke(signal);
            final Object ours = Proxy.newProxyInstance(
                    handlers.getClassLoader(), new Class<?>[] {handlers}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            received(name, BASE_STATUS + number);
                            return null;
                        }
                        return method.invoke(this, arguments);
                    });
            final Method handle = type.getMethod("handle", type, handlers);
            final Object before = handle.invoke(null, signal, ours);
            return Optional.of(() -> {
                try {
                    handle.invoke(null, signal, before);
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(e); // It went well a moment ago.
                }
            });
        } catch (InvocationTargetException e) {
            return Optional.empty();
        }
    }

    private void received(String name, int exitStatus) {
        if (!status.compareAndSet(0, exitStatus)) {
            Runtime.getRuntime().halt(exitStatus);
        }
        System.err.println(
                "\nSIG" + name + ": stopping at the next step; what was learned is kept. Once more ends at once.");
        final Thread patience = new Thread(() -> {
            try {
                Thread.sleep(PATIENCE_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
            System.err.println("There was no end within a minute.");
            Runtime.getRuntime().halt(exitStatus);
        });
        patience.setDaemon(true);
        patience.start();
        job.interrupt();
    }
}
