package dev.finetune.hub;

import dev.finetune.fuzz.FuzzInput;
import dev.finetune.fuzz.FuzzedReader;
import dev.finetune.fuzz.FuzzedReaders;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The readers of what a hub answers. */
public final class HubReaders implements FuzzedReaders {
    private static final String COMMIT = "0123456789012345678901234567890123456789";

    @Override
    public List<FuzzedReader> readers() {
        return List.of(
                new FuzzedReader(
                        "listing",
                        "hub.example",
                        seeds("{\"sha\":\"" + COMMIT
                                + "\",\"siblings\":[{\"rfilename\":\"config.json\",\"size\":3,\"blobId\":\""
                                + COMMIT
                                + "\"},{\"rfilename\":\"a/model.safetensors\",\"size\":5000000000,\"lfs\":{\"sha256\":\""
                                + "0".repeat(64) + "\",\"size\":5000000000}}]}"),
                        input -> Listing.parse(input.bytes(), input.fileName(), HubLimits.defaults())),
                new FuzzedReader(
                        "hub-shard-index",
                        "model.safetensors.index.json",
                        seeds(
                                "{\"metadata\":{\"total_size\":1},\"weight_map\":{\"a\":\"model-1.safetensors\",\"b\":\"c/d\"}}"),
                        input -> ShardIndex.shards(input.file(), "folder/" + input.fileName(), HubLimits.defaults())),
                new FuzzedReader(
                        "headers",
                        "",
                        seeds("120", "Wed, 21 Oct 2015 07:28:00 GMT", "\"api\";r=0;t=55"),
                        HubReaders::readHeaders));
    }

    private static List<byte[]> seeds(String... texts) {
        return Stream.of(texts)
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    private static void readHeaders(FuzzInput input) {
        final String value = input.text();
        final HttpHeaders headers = HttpHeaders.of(
                Map.of("Retry-After", List.of(value), "RateLimit", List.of(value), "X-Error-Message", List.of(value)),
                (name, said) -> true);
        if (new RetryableResponse("busy", headers)
                .waitAsked()
                .filter(Duration::isNegative)
                .isPresent()) {
            throw new AssertionError("a negative time to wait");
        }
    }
}
