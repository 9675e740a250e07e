package dev.finetune.lm.generate;

import dev.finetune.generate.Generated;
import dev.finetune.train.Cancellation;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Beam searches of several inputs side by side; those that are over leave the batch. */
final class BeamSearch implements Search {
    private final NextTokens model;
    private final Asked asked;
    private final List<int[]> prompts;
    private final Cancellation cancellation;
    private final List<Beams> all;

    /** The model's rows of each search that isn't over; at first all of its texts are one row. */
    private final Map<Beams, int[]> open = new LinkedHashMap<>();

    private float[][] logits = {};

    BeamSearch(NextTokens model, Asked asked, List<int[]> prompts, Cancellation cancellation) {
        this.model = model;
        this.asked = asked;
        this.prompts = prompts;
        this.cancellation = cancellation;
        this.all = prompts.stream()
                .map(prompt -> new Beams(prompt, asked.settings(), asked.processor(), asked.endings()))
                .toList();
        for (int n = 0; n < all.size(); n++) {
            final int[] rows = new int[asked.settings().beams()];
            Arrays.fill(rows, n);
            open.put(all.get(n), rows);
        }
    }

    @Override
    public boolean step() {
        if (cancellation.isRequestedHere()) {
            return false;
        }
        logits = logits.length == 0 ? model.start(prompts.toArray(int[][]::new)) : next();
        open.forEach((beams, rows) ->
                beams.step(Arrays.stream(rows).mapToObj(row -> logits[row]).toArray(float[][]::new)));
        open.keySet().removeIf(Beams::over);
        return !open.isEmpty();
    }

    private float[][] next() {
        final int[] kept = open.entrySet().stream()
                .flatMapToInt(each -> each.getKey().parents().map(parent -> each.getValue()[parent]))
                .toArray();
        Places.keep(model, kept, logits.length);
        int row = 0;
        for (int[] rows : open.values()) {
            for (int beam = 0; beam < rows.length; beam++) {
                rows[beam] = row++;
            }
        }
        return model.next(open.keySet().stream().flatMapToInt(Beams::lastTokens).toArray());
    }

    @Override
    public List<Generated> result() {
        return all.stream()
                .map(beams -> Texts.joined(beams.result(asked.tokenizer())))
                .toList();
    }
}
