package dev.finetune.data;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where one process has an input that occurs more than once. */
final class Sighting {
    /** Of an input that occurs often, the first places are told. */
    static final int MOST_PLACES = 5;

    final String quote;
    final List<Integer> train = new ArrayList<>();
    int timesInTrain;
    int firstInValidation;
    boolean isOfPairs;

    @Nullable
    Labelled first;

    @Nullable
    Labelled other;

    /**
     * A label of the input.
     *
     * @param isTrain whether it is in train
     * @param row where
     * @param key what tells it from others; empty where several may be right
     * @param told in words
     */
    record Labelled(boolean isTrain, int row, Optional<ContentKey> key, String told) {
        boolean contradicts(Labelled another) {
            return key.isPresent() && another.key.isPresent() && !key.equals(another.key);
        }
    }

    private Sighting(String quote) {
        this.quote = quote;
    }

    static Sighting of(Object input) {
        return new Sighting(InputText.quoted(input));
    }

    void add(boolean isTrain, int row, Label label, Optional<ContentKey> key) {
        isOfPairs = label instanceof Label.Comparison;
        if (isTrain) {
            timesInTrain++;
            if (train.size() < MOST_PLACES) {
                train.add(row);
            }
        } else if (firstInValidation == 0) {
            firstInValidation = row;
        }
        final Labelled labelled = new Labelled(isTrain, row, key, key.isPresent() ? InputText.label(label) : "");
        if (first == null) {
            first = labelled;
        } else if (other == null && labelled.contradicts(first)) {
            other = labelled;
        }
    }

    void write(DataOutputStream out) throws IOException {
        out.writeUTF(quote);
        out.writeInt(train.size());
        for (int row : train) {
            out.writeInt(row);
        }
        out.writeInt(timesInTrain);
        out.writeInt(firstInValidation);
        out.writeBoolean(isOfPairs);
        write(out, first);
        write(out, other);
    }

    private static void write(DataOutputStream out, @Nullable Labelled one) throws IOException {
        out.writeBoolean(one != null);
        if (one != null) {
            out.writeBoolean(one.isTrain);
            out.writeInt(one.row);
            out.writeBoolean(one.key.isPresent());
            if (one.key.isPresent()) {
                out.writeLong(one.key.get().high());
                out.writeLong(one.key.get().low());
            }
            out.writeUTF(InputText.cut(one.told));
        }
    }

    static Sighting read(DataInputStream in) throws IOException {
        final Sighting read = new Sighting(in.readUTF());
        final int rows = in.readInt();
        for (int i = 0; i < rows; i++) {
            read.train.add(in.readInt());
        }
        read.timesInTrain = in.readInt();
        read.firstInValidation = in.readInt();
        read.isOfPairs = in.readBoolean();
        read.first = readLabelled(in);
        read.other = readLabelled(in);
        return read;
    }

    private static @Nullable Labelled readLabelled(DataInputStream in) throws IOException {
        return in.readBoolean()
                ? new Labelled(
                        in.readBoolean(),
                        in.readInt(),
                        in.readBoolean() ? Optional.of(new ContentKey(in.readLong(), in.readLong())) : Optional.empty(),
                        in.readUTF())
                : null;
    }
}
