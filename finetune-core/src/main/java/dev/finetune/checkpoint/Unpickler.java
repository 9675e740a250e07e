package dev.finetune.checkpoint;

import dev.finetune.checkpoint.Pickled.Dict;
import dev.finetune.checkpoint.Pickled.Global;
import dev.finetune.checkpoint.Pickled.None;
import dev.finetune.checkpoint.Pickled.Opaque;
import dev.finetune.checkpoint.Pickled.PyList;
import dev.finetune.checkpoint.Pickled.Tuple;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a pickle of protocols 0 to 5 as data, executing nothing: every type and function that it names must be one of
 * {@link PickleGlobals}, and those are only noted down.
 *
 * <p>The opcodes are those of CPython's {@code pickletools}. Memory is bounded by the pickle's own size and by {@value
 * #MAX_STEPS} steps; there is no recursion.
 */
final class Unpickler {
    /** Tensors' data lies outside the pickle, so that a checkpoint's pickle is small: some 100 bytes per tensor. */
    static final long MAX_BYTES = 64L << 20;

    static final int MAX_STEPS = 5_000_000;

    /** Turns a persistent id, by which torch.save refers to a tensor's data, into a value. */
    interface PersistentLoader {
        Object load(Tuple id) throws IOException;
    }

    private final Path file;
    private final PickleInput in;
    private final PersistentLoader storages;
    private final List<Object> stack = new ArrayList<>();
    private final Deque<Integer> marks = new ArrayDeque<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private int steps;

    private Unpickler(Path file, FileRegion in, PersistentLoader storages) {
        this.file = file;
        this.in = new PickleInput(in);
        this.storages = storages;
    }

    /**
     * Reads one pickle and leaves the region behind it.
     *
     * @throws FinetuneException when it is damaged, too large, or names something that isn't allowed
     */
    static Object load(Path file, FileRegion in, PersistentLoader storages) {
        return new Unpickler(file, in, storages).run();
    }

    private Object run() {
        long start = in.position();
        try {
            while (true) {
                int opcode = in.u8();
                if (opcode == '.') {
                    return pop();
                }
                if (in.position() - start > MAX_BYTES) {
                    throw new IOException("it has more than " + MAX_BYTES + " bytes");
                }
                charge(1);
                if (!pushSimple(opcode) && !changeContainer(opcode) && !useObject(opcode)) {
                    throw new IOException("it has an opcode that isn't known, " + opcode);
                }
            }
        } catch (IOException e) {
            throw new FinetuneException(
                    file + ": the checkpoint's pickle is damaged or incomplete near byte " + in.position() + ": "
                            + e.getMessage() + ". Download or save the file again.",
                    e);
        }
    }

    /** Opcodes that push a number, a string or nothing at all. */
    private boolean pushSimple(int opcode) throws IOException {
        switch (opcode) {
            case 0x80 -> checkProtocol(in.u8());
            case 0x95 -> in.i64(); // FRAME: how much to read ahead
            case 'N' -> stack.add(None.NONE);
            case 0x88 -> stack.add(true);
            case 0x89 -> stack.add(false);
            case 'I', 'L' -> stack.add(in.integerLine());
            case 'J' -> stack.add((long) in.i32());
            case 'K' -> stack.add((long) in.u8());
            case 'M' -> stack.add((long) in.u16());
            case 0x8a -> stack.add(in.integer(in.u8())); // LONG1
            case 0x8b -> stack.add(in.integer(in.i32())); // LONG4
            case 'F' -> stack.add(in.floatLine());
            case 'G' -> stack.add(in.f64());
            case 'S' -> stack.add(in.quotedLine());
            case 'U' -> stack.add(in.text(in.u8()));
            case 'T' -> stack.add(in.text(in.i32()));
            case 'V' -> stack.add(in.rawUnicodeLine());
            case 0x8c -> stack.add(in.utf8(in.u8()));
            case 'X' -> stack.add(in.utf8(in.u32()));
            case 0x8d -> stack.add(in.utf8(in.i64()));
            case 'C' -> stack.add(in.bytes(in.u8()));
            case 'B' -> stack.add(in.bytes(in.u32()));
            case 0x8e, 0x96 -> stack.add(in.bytes(in.i64()));
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Opcodes that make and fill containers, and those that move the stack and the memo. */
    private boolean changeContainer(int opcode) throws IOException {
        switch (opcode) {
            case '(' -> marks.push(stack.size());
            case '0' -> popOrMark();
            case '1' -> popToMark();
            case '2' -> stack.add(peek());
            case ')' -> stack.add(new Tuple(List.of()));
            case 't' -> stack.add(new Tuple(popToMark()));
            case 0x85 -> stack.add(new Tuple(popMany(1)));
            case 0x86 -> stack.add(new Tuple(popMany(2)));
            case 0x87 -> stack.add(new Tuple(popMany(3)));
            case ']' -> stack.add(new PyList());
            case 'l' -> {
                PyList list = new PyList();
                list.items().addAll(popToMark());
                stack.add(list);
            }
            case 'a' -> append(popMany(1));
            case 'e' -> append(popToMark());
            case '}' -> stack.add(new Dict());
            case 'd' -> {
                List<Object> items = popToMark();
                stack.add(new Dict());
                setItems(items);
            }
            case 's' -> setItems(popMany(2));
            case 'u' -> setItems(popToMark());
            case 0x8f -> stack.add(new Opaque("builtins.set"));
            case 0x90 -> append(popToMark());
            case 0x91 -> {
                popToMark();
                stack.add(new Opaque("builtins.frozenset"));
            }
            case 'p' -> memo.put(memoLine(), peek());
            case 'q' -> memo.put((long) in.u8(), peek());
            case 'r' -> memo.put(in.u32(), peek());
            case 0x94 -> memo.put((long) memo.size(), peek());
            case 'g' -> stack.add(remembered(memoLine()));
            case 'h' -> stack.add(remembered(in.u8()));
            case 'j' -> stack.add(remembered(in.u32()));
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Opcodes that name types and functions and would call them. */
    private boolean useObject(int opcode) throws IOException {
        switch (opcode) {
            case 'c' -> stack.add(global(in.line(), in.line()));
            case 0x93 -> {
                List<Object> names = popMany(2);
                if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
                    throw new IOException("it names a type by something that isn't a string");
                }
                stack.add(global(module, name));
            }
            case 'R', 0x81 -> {
                List<Object> call = popMany(2);
                call(call.get(0), call.get(1));
            }
            case 0x92 -> {
                List<Object> call = popMany(3);
                call(call.get(0), call.get(1));
            }
            case 'i' -> {
                Global global = global(in.line(), in.line());
                call(global, new Tuple(popToMark()));
            }
            case 'o' -> {
                List<Object> call = popToMark();
                if (call.isEmpty()) {
                    throw new IOException("it makes an object of no type");
                }
                call(call.get(0), new Tuple(call.subList(1, call.size())));
            }
            case 'b' -> {
                pop(); // Attributes, such as the versions in a state dict's _metadata: not needed.
                if (peek() instanceof Global global) {
                    throw refused(global.qualifiedName() + " to be changed");
                }
            }
            case 'Q' -> {
                if (!(pop() instanceof Tuple id)) {
                    throw new IOException("it refers to data by something that isn't a tuple");
                }
                stack.add(storages.load(id));
            }
            case 'P' -> throw new IOException("it refers to data by a line of text, as torch.save never does");
            case 0x82, 0x83, 0x84 -> throw refused("a type by its number in Python's extension registry");
            case 0x97, 0x98 -> throw new IOException("it wants buffers from outside the file");
            default -> {
                return false;
            }
        }
        return true;
    }

    private void call(Object callable, Object arguments) throws IOException {
        if (!(callable instanceof Global global)) {
            throw new IOException("it calls something that isn't a type or function");
        }
        if (!(arguments instanceof Tuple tuple)) {
            throw new IOException("it calls " + global.qualifiedName() + " without a tuple of arguments");
        }
        if (global.kind() == PickleGlobals.Kind.DICT) {
            for (Object argument : tuple.items()) {
                charge(argument instanceof Dict dict ? dict.entries().size() : 1);
                charge(argument instanceof PyList list ? list.items().size() : 1);
            }
        }
        stack.add(PickleCalls.call(global, tuple.items()));
    }

    private Global global(String module, String name) {
        return PickleGlobals.find(module, name).orElseThrow(() -> refused(module + "." + name));
    }

    private FinetuneException refused(String what) {
        return new FinetuneException(file + ": the checkpoint's pickle asks for " + shortened(what)
                + ", which weights don't need. Loading it in Python would run code that the file brings along, so it was"
                + " refused. If you trust the file, load it in Python and save its tensors alone:"
                + " safetensors.torch.save_file(model.state_dict(), \"model.safetensors\").");
    }

    private static String shortened(String text) {
        String printable = text.replaceAll("\\p{Cntrl}", "?");
        return printable.length() <= 200 ? printable : printable.substring(0, 200) + "...";
    }

    private static void checkProtocol(int protocol) throws IOException {
        if (protocol > 5) {
            throw new IOException("it says it follows protocol " + protocol + ", and 5 is the newest known");
        }
    }

    /** Counts work and memory, so that a small file can't ask for much of either. */
    private void charge(int count) throws IOException {
        steps += count;
        if (steps > MAX_STEPS || steps < 0) {
            throw new IOException("it takes more than " + MAX_STEPS + " steps, more than any checkpoint needs");
        }
    }

    private void append(List<Object> items) throws IOException {
        Object target = peek();
        if (target instanceof PyList list) {
            list.items().addAll(items);
        } else if (!(target instanceof Opaque)) {
            throw new IOException("it appends to something that isn't a list");
        }
    }

    private void setItems(List<Object> items) throws IOException {
        if (items.size() % 2 != 0) {
            throw new IOException("it has a key without a value");
        }
        Object target = peek();
        if (target instanceof Dict dict) {
            for (int i = 0; i < items.size(); i += 2) {
                dict.put(items.get(i), items.get(i + 1));
            }
        } else if (!(target instanceof Opaque)) {
            throw new IOException("it sets an item of something that isn't a dict");
        }
    }

    private long memoLine() throws IOException {
        if (in.integerLine() instanceof Long key && key >= 0) {
            return key;
        }
        throw new IOException("it remembers a value under something that isn't a number of 0 or more");
    }

    private Object remembered(long key) throws IOException {
        Object value = memo.get(key);
        if (value == null) {
            throw new IOException("it uses value " + key + " before it is there");
        }
        return value;
    }

    private int floor() {
        return marks.isEmpty() ? 0 : marks.peek();
    }

    private Object peek() throws IOException {
        if (stack.size() <= floor()) {
            throw new IOException("it uses a value that isn't there");
        }
        return stack.get(stack.size() - 1);
    }

    private Object pop() throws IOException {
        Object top = peek();
        stack.remove(stack.size() - 1);
        return top;
    }

    private void popOrMark() throws IOException {
        if (!marks.isEmpty() && marks.peek() == stack.size()) {
            marks.pop();
        } else {
            pop();
        }
    }

    private List<Object> popMany(int count) throws IOException {
        if (stack.size() - count < floor()) {
            throw new IOException("it uses a value that isn't there");
        }
        return popFrom(stack.size() - count);
    }

    private List<Object> popToMark() throws IOException {
        if (marks.isEmpty()) {
            throw new IOException("it goes back to a mark that isn't there");
        }
        return popFrom(marks.pop());
    }

    private List<Object> popFrom(int start) {
        List<Object> top = stack.subList(start, stack.size());
        List<Object> items = new ArrayList<>(top);
        top.clear();
        return items;
    }
}
