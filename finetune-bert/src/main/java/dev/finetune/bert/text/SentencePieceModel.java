package dev.finetune.bert.text;

import dev.finetune.error.FinetuneException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a file of SentencePiece holds, the protocol buffer {@code ModelProto} of its sentencepiece_model.proto, as far as Transformers
 * takes it over.
 *
 * @param pieces by id
 * @param isUnigram whether texts are split by the pieces' probabilities, else by merging pairs of them
 * @param unknownId the id of what has no piece
 * @param charsmap the table of characters that texts are normalized by; empty for none
 */
record SentencePieceModel(List<Piece> pieces, boolean isUnigram, int unknownId, byte[] charsmap) {
    /**
     * A piece.
     *
     * @param text with "▁" for a blank
     * @param score the logarithm of its probability, or the order of merges
     * @param type what it stands for
     */
    record Piece(String text, float score, int type) {
        private static final int CONTROL = 3;
        private static final int USER_DEFINED = 4;

        /** Whether it doesn't come from texts, but is put around them. */
        boolean isControl() {
            return type == CONTROL;
        }

        /** Whether it is found in a text before that is split. */
        boolean isFoundFirst() {
            return isControl() || type == USER_DEFINED;
        }
    }

    private static final int UNIGRAM = 1;
    private static final int PAIRS = 2;
    private static final int NUMBER = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    /** More than four times as many as the largest vocabularies have. */
    private static final int MOST_PIECES = 2_000_000;

    private static final int MOST_CHARACTERS = 1000;

    /** Takes the fields of a message. */
    private interface Fields {
        /** Of a number, or with what its bytes are. */
        void field(int number, long value, ByteBuffer bytes);
    }

    /**
     * Reads a file.
     *
     * @param file for messages
     * @throws FinetuneException if it is none of SentencePiece's, damaged, or of another kind than Unigram and BPE
     */
    static SentencePieceModel of(Path file, byte[] content) {
        final List<Piece> pieces = new ArrayList<>();
        final int[] type = {UNIGRAM};
        final int[] unknown = {0};
        final byte[][] charsmap = {{}};
        try {
            read(ByteBuffer.wrap(content), (number, value, bytes) -> {
                switch (number) {
                    case 1 -> pieces.add(piece(bytes, pieces.size()));
                    case 2 ->
                        read(bytes, (inner, chosen, ignored) -> {
                            if (inner == 3) {
                                type[0] = (int) chosen;
                            } else if (inner == 40) {
                                unknown[0] = (int) chosen;
                            }
                        });
                    case 3 ->
                        read(bytes, (inner, ignored, table) -> {
                            if (inner == 2) {
                                charsmap[0] = new byte[table.remaining()];
                                table.get(charsmap[0]);
                            }
                        });
                    default -> {}
                }
            });
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw damaged(file, e);
        }
        if (pieces.isEmpty()) {
            throw damaged(file, new IllegalArgumentException("it has no pieces"));
        }
        if (type[0] != UNIGRAM && type[0] != PAIRS) {
            throw new FinetuneException(file + " is of SentencePiece's type " + type[0]
                    + ", and only Unigram (1) and BPE (2) are read, as by Transformers: take another model.");
        }
        return new SentencePieceModel(List.copyOf(pieces), type[0] == UNIGRAM, unknown[0], charsmap[0]);
    }

    private static FinetuneException damaged(Path file, RuntimeException why) {
        return new FinetuneException(
                file + " is no model of SentencePiece, or damaged or incomplete ("
                        + (why.getMessage() == null ? "it ends within a field" : why.getMessage())
                        + "). Copy it again from the model's source.",
                why);
    }

    private static Piece piece(ByteBuffer message, int before) {
        if (before >= MOST_PIECES) {
            throw new IllegalArgumentException("it has more than " + MOST_PIECES + " pieces");
        }
        final String[] text = {""};
        final float[] score = {0};
        final int[] type = {1};
        read(message, (number, value, bytes) -> {
            switch (number) {
                case 1 -> text[0] = text(bytes);
                case 2 -> score[0] = Float.intBitsToFloat((int) value);
                case 3 -> type[0] = (int) value;
                default -> {}
            }
        });
        if (text[0].length() > MOST_CHARACTERS) {
            throw new IllegalArgumentException("a piece has " + text[0].length() + " characters");
        }
        if (!Float.isFinite(score[0])) {
            throw new IllegalArgumentException("the score of the piece \"" + text[0] + "\" is " + score[0]);
        }
        return new Piece(text[0], score[0], type[0]);
    }

    private static String text(ByteBuffer bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("a piece isn't UTF-8", e);
        }
    }

    private static void read(ByteBuffer message, Fields fields) {
        message.order(ByteOrder.LITTLE_ENDIAN);
        final ByteBuffer none = ByteBuffer.allocate(0);
        while (message.hasRemaining()) {
            final long key = varint(message);
            final long number = key >>> 3;
            if (number < 1 || number > Integer.MAX_VALUE >> 3) {
                throw new IllegalArgumentException("there is no field of number " + Long.toUnsignedString(number));
            }
            switch ((int) (key & 7)) {
                case NUMBER -> fields.field((int) number, varint(message), none);
                case FIXED64 -> fields.field((int) number, message.getLong(), none);
                case FIXED32 -> fields.field((int) number, message.getInt(), none);
                case BYTES -> {
                    final long length = varint(message);
                    if (length < 0 || length > message.remaining()) {
                        throw new IllegalArgumentException("a field should have " + Long.toUnsignedString(length)
                                + " bytes, and " + message.remaining() + " are left");
                    }
                    final ByteBuffer inner = message.slice(message.position(), (int) length);
                    message.position(message.position() + (int) length);
                    fields.field((int) number, 0, inner);
                }
                default -> throw new IllegalArgumentException("there is no type " + (key & 7) + " of fields");
            }
        }
    }

    private static long varint(ByteBuffer message) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            final byte next = message.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a number in it has more than 10 bytes");
    }
}
