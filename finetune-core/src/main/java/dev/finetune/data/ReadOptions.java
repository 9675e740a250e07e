package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** What all file readers let their users choose. */
record ReadOptions(Charset charset, boolean skipBadRows, long limit, boolean streamed) {
    static final ReadOptions DEFAULT = new ReadOptions(StandardCharsets.UTF_8, false, Long.MAX_VALUE, false);

    ReadOptions {
        if (limit < 1) {
            throw new FinetuneException("limit(" + limit + "): expected at least 1 row.");
        }
    }

    ReadOptions withCharset(Charset other) {
        return new ReadOptions(other, skipBadRows, limit, streamed);
    }

    ReadOptions skippingBadRows() {
        return new ReadOptions(charset, true, limit, streamed);
    }

    ReadOptions withLimit(long n) {
        return new ReadOptions(charset, skipBadRows, n, streamed);
    }

    ReadOptions asStream() {
        return new ReadOptions(charset, skipBadRows, limit, true);
    }
}
