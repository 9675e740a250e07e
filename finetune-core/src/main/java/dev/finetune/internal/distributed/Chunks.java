package dev.finetune.internal.distributed;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Tensors one after another, cut into chunks of as many floats but for the last, which may hold fewer. */
final class Chunks {
    private final List<Tensor> tensors;
    private final List<List<Piece>> chunks = new ArrayList<>();

    /**
     * Cuts.
     *
     * @param tensors of one dimension each; borrowed
     * @param floats of a chunk
     */
    Chunks(List<Tensor> tensors, int floats) {
        this.tensors = tensors;
        List<Piece> chunk = new ArrayList<>();
        long at = 0;
        for (int i = 0; i < tensors.size(); i++) {
            final long all = tensors.get(i).numel();
            for (long from = 0; from < all; ) {
                final long length = Math.min(all - from, floats - at);
                chunk.add(new Piece(i, from, at, length));
                from += length;
                at += length;
                if (at == floats) {
                    chunks.add(chunk);
                    chunk = new ArrayList<>();
                    at = 0;
                }
            }
        }
        if (!chunk.isEmpty()) {
            chunks.add(chunk);
        }
    }

    /**
     * A part of a tensor in a chunk.
     *
     * @param tensor which
     * @param from where the part begins in the tensor
     * @param at where it begins in the chunk
     * @param length how many floats it has
     */
    record Piece(int tensor, long from, long at, long length) {
        long end() {
            return at + length;
        }
    }

    int count() {
        return chunks.size();
    }

    List<Piece> pieces(int chunk) {
        return chunks.get(chunk);
    }

    /** How many floats a chunk holds. */
    long floats(int chunk) {
        final List<Piece> pieces = chunks.get(chunk);
        return pieces.get(pieces.size() - 1).end();
    }

    /** The piece where it lies, in the current scope. */
    Tensor part(Piece piece) {
        return tensors.get(piece.tensor()).narrow(0, piece.from(), piece.length());
    }

    /** The place of a piece in a slot, in the current scope. */
    static Tensor place(Tensor slot, Piece piece) {
        return slot.narrow(0, piece.at(), piece.length());
    }
}
