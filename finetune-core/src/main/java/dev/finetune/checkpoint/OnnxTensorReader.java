package dev.finetune.checkpoint;

import dev.finetune.checkpoint.OnnxTensor.Data;
import dev.finetune.checkpoint.WireReader.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads a tensor of an ONNX file (TensorProto), and notes where its elements are. */
final class OnnxTensorReader implements WireReader.Message {
    /** A tensor of at most so many elements is kept with them. */
    static final int SMALL = 16;

    private static final int MOST_DIMENSIONS = 64;

    private final WireReader wire;
    private final List<Long> shape = new ArrayList<>(2);
    private final Map<String, String> external = new HashMap<>();
    private final List<Double> numbers = new ArrayList<>(0);
    private String name = "";
    private int type;
    private boolean isExternal;
    private Data data = new Data.None();
    private ByteBuffer bytes = ByteBuffer.allocate(0);

    private OnnxTensorReader(WireReader wire) {
        this.wire = wire;
    }

    /** Reads the field that comes next. */
    static OnnxTensor read(WireReader wire) throws IOException {
        final OnnxTensorReader reader = new OnnxTensorReader(wire);
        wire.message(reader);
        return reader.made();
    }

    @Override
    public void field(int number) throws IOException {
        switch (number) {
            case 1 -> dimensions();
            case 2 -> type = (int) wire.number();
            case 3 -> throw wire.damaged("a tensor is in segments, which aren't read");
            case 4, 9, 10 -> plain();
            case 5, 7 -> numbers();
            case 8 -> name = wire.text();
            case 13 -> entry();
            case 14 -> isExternal = wire.number() == 1;
            default -> {
                // Documentation, texts, unsigned numbers.
            }
        }
    }

    private void dimensions() throws IOException {
        if (wire.kind() == Kind.NUMBER) {
            dimension(wire.number());
            return;
        }
        final long end = wire.length() + wire.position();
        while (wire.position() < end) {
            dimension(wire.packedNumber());
        }
    }

    private void dimension(long size) {
        if (size < 0 || shape.size() == MOST_DIMENSIONS) {
            throw wire.damaged("'" + name + "' has a shape that no tensor has");
        }
        shape.add(size);
    }

    private void plain() throws IOException {
        checkFirst(Kind.BYTES);
        final long length = wire.length();
        data = new Data.Plain(wire.position(), length);
        if (length <= SMALL * Long.BYTES) {
            bytes = wire.bytes(length).order(ByteOrder.LITTLE_ENDIAN);
        } else {
            wire.pass(length);
        }
    }

    private void numbers() throws IOException {
        checkFirst(Kind.BYTES);
        final long length = wire.length();
        final long end = wire.position() + length;
        data = new Data.Numbers(wire.position(), length);
        while (wire.position() < end && numbers.size() <= SMALL) {
            numbers.add((double) wire.packedNumber());
        }
        if (wire.position() > end) {
            throw wire.damaged("the elements of '" + name + "' are cut off");
        }
        wire.pass(end - wire.position());
    }

    /** Elements come in one piece, as everybody writes them. */
    private void checkFirst(Kind expected) {
        if (!(data instanceof Data.None) || wire.kind() != expected) {
            throw wire.damaged("the elements of '" + name + "' are in several pieces, which isn't read");
        }
    }

    private void entry() throws IOException {
        final String[] entry = {"", ""};
        wire.message(field -> {
            if (field == 1 || field == 2) {
                entry[field - 1] = wire.text();
            }
        });
        external.put(entry[0], entry[1]);
    }

    private OnnxTensor made() {
        if (isExternal) {
            data = new Data.External(external.getOrDefault("location", ""), whole("offset", 0), whole("length", -1));
        }
        final long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
        final OnnxTensor tensor = new OnnxTensor(name, type, sizes, data, List.of());
        return new OnnxTensor(name, type, sizes, data, few(tensor));
    }

    private long whole(String key, long otherwise) {
        try {
            return external.containsKey(key) ? Long.parseLong(external.get(key)) : otherwise;
        } catch (NumberFormatException e) {
            throw wire.damaged("the " + key + " that is said of '" + name + "' is no number");
        }
    }

    /** The elements, where they are few. */
    private List<Double> few(OnnxTensor tensor) {
        final List<Double> elements = new ArrayList<>();
        if (data instanceof Data.Numbers) {
            elements.addAll(tensor.isFloat() ? List.of() : numbers);
        } else if (data instanceof Data.Plain && tensor.dtype().isPresent()) {
            final DType dtype = tensor.dtype().get();
            while (bytes.remaining() >= dtype.bytes() && elements.size() <= SMALL) {
                elements.add(OnnxElements.next(dtype, bytes));
            }
        }
        return elements.size() <= SMALL ? List.copyOf(elements) : List.of();
    }
}
