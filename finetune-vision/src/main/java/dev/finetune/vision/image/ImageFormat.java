package dev.finetune.vision.image;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A format of encoded pictures, known by the first bytes and never by a file's name. */
enum ImageFormat {
    JPEG,
    PNG,
    GIF,
    BMP,
    WEBP;

    /** For messages. */
    static final String READ = "JPEG, PNG, GIF, BMP and WebP are read";

    private static final int SHOWN = 12;

    static Optional<ImageFormat> of(byte[] head) {
        if (starts(head, 0, 0xFF, 0xD8, 0xFF)) {
            return Optional.of(JPEG);
        }
        if (starts(head, 0, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n')) {
            return Optional.of(PNG);
        }
        if (starts(head, 0, 'G', 'I', 'F', '8')) {
            return Optional.of(GIF);
        }
        if (starts(head, 0, 'R', 'I', 'F', 'F') && starts(head, 8, 'W', 'E', 'B', 'P')) {
            return Optional.of(WEBP);
        }
        return starts(head, 0, 'B', 'M') ? Optional.of(BMP) : Optional.empty();
    }

    /** What bytes that are none of these formats look like. */
    static String describe(byte[] head) {
        if (head.length == 0) {
            return "it is empty";
        }
        String known = knownButNotRead(head);
        String found = known.isEmpty() ? "" : " (" + known + ")";
        boolean text = true;
        StringBuilder hex = new StringBuilder();
        int shown = Math.min(SHOWN, head.length);
        for (int i = 0; i < shown; i++) {
            text &= head[i] >= 0x20 && head[i] < 0x7F || head[i] == '\n' || head[i] == '\r' || head[i] == '\t';
            hex.append(i == 0 ? "" : " ").append(String.format("%02X", head[i]));
        }
        String start = text
                ? "\"" + new String(head, 0, shown, StandardCharsets.US_ASCII).replaceAll("\\s+", " ") + "\""
                : "the bytes " + hex;
        return "it starts with " + start + found;
    }

    private static String knownButNotRead(byte[] head) {
        if (starts(head, 0, 'I', 'I', 42, 0) || starts(head, 0, 'M', 'M', 0, 42)) {
            return "a TIFF file";
        }
        if (starts(head, 4, 'f', 't', 'y', 'p')) {
            return starts(head, 8, 'a', 'v', 'i') ? "an AVIF file" : "a HEIC or MP4 file";
        }
        if (starts(head, 0, '%', 'P', 'D', 'F')) {
            return "a PDF file";
        }
        if (starts(head, 0, 0x1F, 0x8B)) {
            return "a gzip file";
        }
        if (starts(head, 0, 'P', 'K', 3, 4)) {
            return "a zip file";
        }
        return starts(head, 0, 0, 0, 0, 0x0C, 'j', 'P') ? "a JPEG 2000 file" : "";
    }

    static boolean starts(byte[] bytes, int at, int... expected) {
        if (bytes.length < at + expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if ((bytes[at + i] & 0xFF) != expected[i]) {
                return false;
            }
        }
        return true;
    }
}
