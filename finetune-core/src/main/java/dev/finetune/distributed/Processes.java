package dev.finetune.distributed;

import dev.finetune.error.FinetuneException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Which of several processes this one is, that train one model together ({@link dev.finetune.FineTuner#distributed}), and where they
 * meet. Whatever starts the processes says it: a scheduler by the environment variables that torchrun sets, too, or the program
 * itself. Immutable: its methods of one argument give variants.
 *
 * <p>Process 0 listens at one port of the address where they meet, and no other; the others connect to it. (Where its machine knows its
 * own name as a loopback address only, as Debian's do, it listens at all of its addresses.) Beside that, each listens at a port that the
 * system chooses, of the address that it reaches process 0 from, for the tensors that travel between them. Nothing of it is encrypted,
 * and whoever reaches these ports could take part: as with torch, the network between the processes has to be one's own.
 */
public final class Processes {
    /** How long a process may be silent, by default. */
    public static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** How long processes wait for each other to begin, by default. */
    public static final Duration START_TIMEOUT = Duration.ofMinutes(10);

    private static final String RANK = "RANK";
    private static final String WORLD_SIZE = "WORLD_SIZE";
    private static final String MASTER_ADDR = "MASTER_ADDR";
    private static final String MASTER_PORT = "MASTER_PORT";
    private static final String RUN_ID = "TORCHELASTIC_RUN_ID";
    private static final String AGENT_STORE = "TORCHELASTIC_USE_AGENT_STORE";
    private static final String INTERFACE = "GLOO_SOCKET_IFNAME";
    private static final Pattern WITH_PORT = Pattern.compile("[^:]*:\\d*|\\[.*]:\\d*");
    private static final int MOST_PORT = 65_535;

    private final int rank;
    private final int size;
    private final String address;
    private final int port;
    private final boolean ownShards;
    private final Duration timeout;
    private final Duration startTimeout;
    private final Optional<String> ownAddress;
    private final String job;
    private final boolean agent;
    private final boolean compressed;
    private final boolean nccl;

    private Processes(Parts parts) {
        this.rank = parts.rank;
        this.size = parts.size;
        this.address = parts.address;
        this.port = parts.port;
        this.ownShards = parts.ownShards;
        this.timeout = parts.timeout;
        this.startTimeout = parts.startTimeout;
        this.ownAddress = parts.ownAddress;
        this.job = parts.job;
        this.agent = parts.agent;
        this.compressed = parts.compressed;
        this.nccl = parts.nccl;
    }

    /** What one is made of. */
    private static final class Parts {
        private final int rank;
        private final int size;
        private final String address;
        private final int port;
        private boolean ownShards;
        private Duration timeout = TIMEOUT;
        private Duration startTimeout = START_TIMEOUT;
        private Optional<String> ownAddress = Optional.empty();
        private String job = "";
        private boolean agent;
        private boolean compressed;
        private boolean nccl;

        Parts(int rank, int size, String address, int port) {
            this.rank = rank;
            this.size = size;
            this.address = address;
            this.port = port;
        }
    }

    /** The same but for a change. */
    private Processes with(Consumer<Parts> change) {
        final Parts parts = new Parts(rank, size, address, port);
        parts.ownShards = ownShards;
        parts.timeout = timeout;
        parts.startTimeout = startTimeout;
        parts.ownAddress = ownAddress;
        parts.job = job;
        parts.agent = agent;
        parts.compressed = compressed;
        parts.nccl = nccl;
        change.accept(parts);
        return new Processes(parts);
    }

    /**
     * {@return what the environment says: {@code RANK}, {@code WORLD_SIZE}, {@code MASTER_ADDR} and {@code MASTER_PORT}, as
     * torchrun and most schedulers' operators for PyTorch set them; and {@code GLOO_SOCKET_IFNAME}, the interface of this machine that
     * tensors travel by (the first, where it names several), if it is set}
     *
     * @throws FinetuneException if one of them isn't set, or isn't what it has to be
     */
    public static Processes fromEnvironment() {
        return of(System.getenv());
    }

    /** The same of another environment. */
    static Processes of(Map<String, String> environment) {
        final List<String> missing = new ArrayList<>(List.of(RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT));
        missing.removeIf(environment::containsKey);
        if (!missing.isEmpty()) {
            throw new FinetuneException("The environment doesn't say which of several processes this one is: "
                    + String.join(", ", missing) + (missing.size() == 1 ? " isn't" : " aren't")
                    + " set. Start each process with RANK (0, 1, ...), WORLD_SIZE (how many there are), MASTER_ADDR"
                    + " (the host of process 0) and MASTER_PORT (a free port there), as torchrun does, or say"
                    + " Processes.of(...).");
        }
        return of(
                        number(environment, RANK),
                        number(environment, WORLD_SIZE),
                        environment.getOrDefault(MASTER_ADDR, ""),
                        number(environment, MASTER_PORT))
                .with(parts -> {
                    parts.job = environment.getOrDefault(RUN_ID, "");
                    parts.agent = "True".equals(environment.get(AGENT_STORE));
                })
                .ownAddressOf(environment);
    }

    private Processes ownAddressOf(Map<String, String> environment) {
        return Optional.ofNullable(environment.get(INTERFACE))
                .map(names -> names.split(",", 2)[0].strip())
                .filter(name -> !name.isEmpty())
                .map(this::ownAddress)
                .orElse(this);
    }

    private static int number(Map<String, String> environment, String name) {
        final String said = environment.getOrDefault(name, "");
        try {
            return Integer.parseInt(said.strip());
        } catch (NumberFormatException e) {
            throw new FinetuneException(
                    "The environment variable " + name + " is \"" + said + "\"; expected a whole number.");
        }
    }

    /**
     * {@return one of several processes}
     *
     * @param rank which one, counted from 0
     * @param worldSize how many there are
     * @param masterAddress a name or an address of the host of process 0, by which all others reach it; an address of IPv6 with or without
     *     brackets
     * @param masterPort the port there that process 0 listens at, 1 to 65535
     * @throws FinetuneException if a number is out of its range, or the address is blank or more than one
     */
    public static Processes of(int rank, int worldSize, String masterAddress, int masterPort) {
        Objects.requireNonNull(masterAddress, "masterAddress");
        if (worldSize < 1) {
            throw new FinetuneException("The number of processes is " + worldSize + ", expected at least 1.");
        }
        if (rank < 0 || rank >= worldSize) {
            throw new FinetuneException("The rank of this process is " + rank + ", expected 0 to " + (worldSize - 1)
                    + ", as there are " + worldSize + " processes.");
        }
        if (masterPort < 1 || masterPort > MOST_PORT) {
            throw new FinetuneException(
                    "The port of process 0 is " + masterPort + ", expected 1 to " + MOST_PORT + ".");
        }
        if (masterAddress.isBlank()) {
            throw new FinetuneException("The address of process 0 is blank: name its host, localhost where all"
                    + " processes are on one machine.");
        }
        if (masterAddress.indexOf('/') >= 0
                || WITH_PORT.matcher(masterAddress.strip()).matches()) {
            throw new FinetuneException("The address of process 0 is \"" + masterAddress
                    + "\", expected the name or the" + " address of a host alone: its port is MASTER_PORT.");
        }
        return new Processes(new Parts(rank, worldSize, masterAddress.strip(), masterPort));
    }

    /**
     * {@return the same, but the data that each process is given is its own part} Without it all are given the same data, and
     * process {@code r} of {@code n} takes the rows {@code r}, {@code r + n}, {@code r + 2 n} and so on of it. Parts may be of
     * unequal size; that no row is in two of them is for the caller to see to. Labels and class counts are those of all parts.
     */
    public Processes ownShards() {
        return with(parts -> parts.ownShards = true);
    }

    /**
     * {@return the same with another time-out}
     *
     * @param silence how long nothing may be heard of a process before the others take it for lost and end with an error that names
     *     it; a process that is alive but slow is waited for; at least a second, by default a minute
     * @throws FinetuneException if it is shorter than a second
     */
    public Processes timeout(Duration silence) {
        check(silence, "timeout(...)");
        return with(parts -> parts.timeout = silence);
    }

    /**
     * {@return the same with another time-out for the start}
     *
     * @param patience how long a process that begins to train waits for all others to begin, too; at least a second, by default ten
     *     minutes
     * @throws FinetuneException if it is shorter than a second
     */
    public Processes startTimeout(Duration patience) {
        check(patience, "startTimeout(...)");
        return with(parts -> parts.startTimeout = patience);
    }

    private static void check(Duration time, String what) {
        Objects.requireNonNull(time, what);
        if (time.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new FinetuneException(what + " is " + time.toMillis() + " ms, expected at least a second.");
        }
    }

    /**
     * {@return the same, but tensors travel by another address of this machine than that which reaches process 0} Process 0 listens there,
     * too, where the address by which the others reach it isn't its own, such as that of a service before it.
     *
     * @param own an address, a name of it, or the name of an interface, such as eth1; that of a machine that isn't this one is refused
     *     once all have met
     */
    public Processes ownAddress(String own) {
        Objects.requireNonNull(own, "own");
        return with(parts -> parts.ownAddress = Optional.of(own));
    }

    /**
     * {@return the same with the address that {@code GLOO_SOCKET_IFNAME} in the environment says, if it is set} As
     * {@link #fromEnvironment} has it, for processes that are told in another way who they are.
     */
    public Processes ownAddressFromEnvironment() {
        return ownAddressOf(System.getenv());
    }

    /**
     * {@return the same as part of a job: processes of another, which came to this port by mistake, are turned away}
     *
     * @param name the same in all processes; by default torchrun's, where it says one
     */
    public Processes job(String name) {
        Objects.requireNonNull(name, "name");
        return with(parts -> parts.job = name);
    }

    /**
     * {@return the same, but gradients travel in bfloat16} Half as many bytes over a network, for 8 bits of precision instead of 24, also in
     * the sums (as torch's bf16_compress_hook). Between processes of one machine, where memory is shared, nothing is gained, and all stays
     * in float32. Said in all processes or in none.
     */
    public Processes compressGradients() {
        return with(parts -> parts.compressed = true);
    }

    /**
     * {@return the same, but gradients on GPUs travel from one to the other by NVIDIA's NCCL} Without it they are copied to main memory,
     * and travel by Gloo. <b>This way has not run on several GPUs yet</b>: what it does where a process or a GPU fails was tested with a
     * stand-in for NCCL only.
     *
     * <p>Each process takes a GPU of its own ({@code CUDA_VISIBLE_DEVICES}), and has NCCL and its bindings on its class path or its machine,
     * all the same version; else all go through Gloo, and the log says why. Said in all processes or in none. Where tensors aren't on GPUs,
     * nothing changes. How NCCL finds its way between machines, its own variables say ({@code NCCL_SOCKET_IFNAME}), not
     * {@link #ownAddress}.
     */
    public Processes nccl() {
        return with(parts -> parts.nccl = true);
    }

    /** {@return the variables that {@link #fromEnvironment} reads, for who starts this process} */
    public Map<String, String> environment() {
        final Map<String, String> variables = new TreeMap<>(Map.of(
                RANK,
                Integer.toString(rank),
                WORLD_SIZE,
                Integer.toString(size),
                MASTER_ADDR,
                address,
                MASTER_PORT,
                Integer.toString(port)));
        if (!job.isEmpty()) {
            variables.put(RUN_ID, job);
        }
        if (agent) {
            variables.put(AGENT_STORE, "True");
        }
        ownAddress.ifPresent(own -> variables.put(INTERFACE, own));
        return variables;
    }

    /** {@return which process this is, counted from 0} */
    public int rank() {
        return rank;
    }

    /** {@return how many processes there are} */
    public int worldSize() {
        return size;
    }

    /** {@return the host of process 0} */
    public String masterAddress() {
        return address;
    }

    /** {@return the port that process 0 listens at} */
    public int masterPort() {
        return port;
    }

    /** {@return whether each process is given its own part of the data} */
    public boolean haveOwnShards() {
        return ownShards;
    }

    /** {@return how long a process may be silent} */
    public Duration timeout() {
        return timeout;
    }

    /** {@return how long processes wait for each other to begin} */
    public Duration startTimeout() {
        return startTimeout;
    }

    /** {@return the address that tensors travel by, if it was said} */
    public Optional<String> ownAddress() {
        return ownAddress;
    }

    /** {@return whether gradients travel in bfloat16} */
    public boolean haveCompressedGradients() {
        return compressed;
    }

    /** {@return whether gradients on GPUs travel by NCCL, where all processes have it} */
    public boolean exchangeByNccl() {
        return nccl;
    }

    /** {@return the name of the job; empty, if none was said} */
    public String job() {
        return job;
    }

    /** {@return whether the port is that of torchrun's agent, which tells at which port process 0 listens} */
    public boolean meetAtAgent() {
        return agent;
    }

    @Override
    public String toString() {
        return "process " + rank + " of " + size + " at " + address + ":" + port;
    }
}
