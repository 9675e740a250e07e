package dev.finetune.spark;

import dev.finetune.distributed.KeptPort;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;
import org.apache.spark.sql.SparkSession;

/** A master and workers as processes on this machine, with this process's class path. */
final class StandaloneCluster implements AutoCloseable {
    /** Processes of the cluster run in other directories. */
    private static final String CLASS_PATH = Arrays.stream(
                    System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));

    private static final String HOST = "127.0.0.1";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path directory;
    private final int cores;
    private final KeptPort port = KeptPort.any();
    private final List<Process> processes = new ArrayList<>();

    private StandaloneCluster(Path directory, int cores) {
        this.directory = directory;
        this.cores = cores;
    }

    /**
     * Starts one.
     *
     * @param workers how many
     * @param cores of each; each core gets an executor
     */
    static StandaloneCluster start(Path directory, int workers, int cores) throws IOException, InterruptedException {
        final StandaloneCluster cluster = new StandaloneCluster(directory, cores);
        try {
            cluster.run(
                    "master",
                    List.of(
                            "org.apache.spark.deploy.master.Master",
                            "--host",
                            HOST,
                            "--port",
                            String.valueOf(cluster.port.number()),
                            "--webui-port",
                            "0"));
            cluster.awaitMaster();
            for (int i = 0; i < workers; i++) {
                cluster.addWorker();
            }
            return cluster;
        } catch (IOException | InterruptedException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** One more machine, as it were. */
    Process addWorker() throws IOException {
        final String name = "worker-" + processes.size();
        return run(
                name,
                List.of(
                        "org.apache.spark.deploy.worker.Worker",
                        "--host",
                        HOST,
                        "--webui-port",
                        "0",
                        "--cores",
                        String.valueOf(cores),
                        "--memory",
                        cores + "g",
                        "--work-dir",
                        directory.resolve(name).toString(),
                        master()));
    }

    /** Kills the last one that was started, and its executor. */
    void killWorker() {
        final Process worker = processes.get(processes.size() - 1);
        worker.descendants().forEach(ProcessHandle::destroyForcibly);
        worker.destroyForcibly();
    }

    /** The executors that run at the moment, the oldest first. */
    List<ProcessHandle> executors() {
        return processes.stream()
                .skip(1) // The master.
                .flatMap(Process::children)
                .filter(ProcessHandle::isAlive)
                .sorted(Comparator.comparing(
                        executor -> executor.info().startInstant().orElse(Instant.EPOCH)))
                .toList();
    }

    String master() {
        return "spark://" + HOST + ":" + port.number();
    }

    /** A session whose executors have this process's class path, and one core each. */
    SparkSession.Builder session(Map<String, String> environment) {
        final SparkSession.Builder builder = Sessions.builder(master())
                .config("spark.executor.cores", "1")
                .config("spark.executor.memory", "1g")
                .config("spark.executor.extraClassPath", CLASS_PATH);
        environment.forEach((name, value) -> builder.config("spark.executorEnv." + name, value));
        return builder;
    }

    private Process run(String name, List<String> arguments) throws IOException {
        // Spark wants a home with jars, of which there are none: all is on the class path.
        final Path home = Files.createDirectories(directory.resolve("home"));
        Files.createDirectories(home.resolve("jars"));
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
        Stream.of(JavaModuleOptions.defaultModuleOptions().split(" "))
                .filter(option -> !option.isBlank())
                .forEach(command::add);
        command.addAll(List.of("-cp", CLASS_PATH));
        command.addAll(arguments);
        final File log = directory.resolve(name + ".log").toFile();
        final ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log);
        builder.environment().put("SPARK_HOME", home.toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        builder.environment().put("SPARK_LOCAL_IP", HOST);
        final Process process = builder.start();
        processes.add(process);
        return process;
    }

    private void awaitMaster() throws InterruptedException {
        final long began = System.nanoTime();
        while (true) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port.number()), 1000);
                return;
            } catch (IOException e) {
                if (System.nanoTime() - began > PATIENCE.toNanos()) {
                    throw new IllegalStateException("no master; see " + directory.resolve("master.log"), e);
                }
                Thread.sleep(100);
            }
        }
    }

    @Override
    public void close() {
        port.close();
        for (Process process : processes) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        for (Process process : processes) {
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
