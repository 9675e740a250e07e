package dev.finetune.spark;

import dev.finetune.error.FinetuneException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Rows of one schema in a file, written once, then read again and again: of data larger than an executor's heap. */
final class SpilledRows implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final Path file;
    private final DataOutputStream out;
    private @Nullable StructType schema;
    private long count;
    private boolean sealed;

    private SpilledRows(Path file) throws IOException {
        this.file = file;
        this.out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), BUFFER));
    }

    /** In a directory that Spark gives this executor for such files, and deletes with it. */
    static SpilledRows inLocalDirectory() {
        final File file = SparkEnv.get()
                .blockManager()
                .diskBlockManager()
                .createTempLocalBlock()
                ._2();
        return in(file.toPath());
    }

    static SpilledRows in(Path file) {
        try {
            return new SpilledRows(file);
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    /** Appends a row, which has the schema of those before. */
    void add(Row row) {
        if (schema == null) {
            schema = row.schema();
        }
        try {
            for (int i = 0; i < row.length(); i++) {
                write(row.get(i));
            }
        } catch (IOException e) {
            throw failed(file, e);
        }
        count++;
    }

    long count() {
        return count;
    }

    /** All rows in their order; no more can be appended then. To be closed. */
    Stream<Row> stream() {
        seal();
        if (count == 0) {
            return Stream.of();
        }
        try {
            final DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER));
            return StreamSupport.stream(
                            Spliterators.spliterator(new Reader(in), count, Spliterator.ORDERED | Spliterator.NONNULL),
                            false)
                    .onClose(() -> close(in));
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private synchronized void seal() {
        if (!sealed) {
            sealed = true;
            try {
                out.close();
            } catch (IOException e) {
                throw failed(file, e);
            }
        }
    }

    private static FinetuneException failed(Path file, IOException e) {
        return new FinetuneException(
                "The rows of this worker can't be kept in " + file + " on " + ModelFiles.host() + ": " + e
                        + ". Is there room for them all? spark.local.dir says where such files go.",
                e);
    }

    private static void close(DataInputStream in) {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final class Reader implements Iterator<Row> {
        private final DataInputStream in;
        private long left = count;

        Reader(DataInputStream in) {
            this.in = in;
        }

        @Override
        public boolean hasNext() {
            return left > 0;
        }

        @Override
        public Row next() {
            if (!hasNext() || schema == null) {
                throw new NoSuchElementException();
            }
            left--;
            final @Nullable Object[] values = new Object[schema.length()];
            try {
                for (int i = 0; i < values.length; i++) {
                    values[i] = read(in);
                }
            } catch (IOException e) {
                throw failed(file, e);
            }
            return new GenericRowWithSchema(values, schema);
        }
    }

    /** What texts and labels mostly are, in few bytes; all else as Java serializes it. */
    private void write(@Nullable Object value) throws IOException {
        if (value == null) {
            out.writeByte('0');
        } else if (value instanceof String text) {
            out.writeByte('s');
            writeBytes(text.getBytes(StandardCharsets.UTF_8));
        } else if (value instanceof Integer number) {
            out.writeByte('i');
            out.writeInt(number);
        } else if (value instanceof Long number) {
            out.writeByte('l');
            out.writeLong(number);
        } else if (value instanceof Double number) {
            out.writeByte('d');
            out.writeDouble(number);
        } else if (value instanceof Boolean flag) {
            out.writeByte('b');
            out.writeBoolean(flag);
        } else {
            out.writeByte('o');
            final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream objects = new ObjectOutputStream(bytes)) {
                objects.writeObject(value);
            }
            writeBytes(bytes.toByteArray());
        }
    }

    private void writeBytes(byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static @Nullable Object read(DataInputStream in) throws IOException {
        final byte kind = in.readByte();
        return switch (kind) {
            case '0' -> null;
            case 's' -> new String(readBytes(in), StandardCharsets.UTF_8);
            case 'i' -> in.readInt();
            case 'l' -> in.readLong();
            case 'd' -> in.readDouble();
            case 'b' -> in.readBoolean();
            case 'o' -> object(readBytes(in));
            default -> throw new IOException("the file holds something else (" + kind + ")");
        };
    }

    private static byte[] readBytes(DataInputStream in) throws IOException {
        final byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }

    /** With the classes that the task sees, an application's own among them. */
    private static Object object(byte[] bytes) throws IOException {
        final ClassLoader loader = Thread.currentThread().getContextClassLoader();
        try (ObjectInputStream objects = new ObjectInputStream(new ByteArrayInputStream(bytes)) {
            @Override
            protected Class<?> resolveClass(ObjectStreamClass described) throws IOException, ClassNotFoundException {
                try {
                    return Class.forName(described.getName(), false, loader);
                } catch (ClassNotFoundException e) {
                    return super.resolveClass(described);
                }
            }
        }) {
            return objects.readObject();
        } catch (ClassNotFoundException e) {
            throw new IOException(e);
        }
    }

    /** Deletes the file; whoever still reads may go on. */
    @Override
    public void close() {
        try {
            seal();
        } finally {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
