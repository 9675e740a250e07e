package dev.finetune.lm.generate;

import dev.finetune.generate.Generated;
import dev.finetune.generate.Generation;
import dev.finetune.train.Cancellation;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Beam searches of several inputs side by side; those that are over leave the batch. */
final class BeamSearch {
    private final Generation settings;
    private final SpecialIds special;
    private final IdsToText tokenizer;

    BeamSearch(Generation settings, SpecialIds special, IdsToText tokenizer) {
        this.settings = settings;
        this.special = special;
        this.tokenizer = tokenizer;
    }

    /** The best texts of each prompt. */
    List<List<Generated>> write(NextTokens model, List<int[]> prompts, Cancellation cancellation) {
        final LogitsProcessor processor = Processors.of(settings, special);
        final Endings endings = new Endings(settings, tokenizer);
        final List<Beams> all = prompts.stream()
                .map(prompt -> new Beams(prompt, settings, processor, endings))
                .toList();
        // The model's rows of each search: at first all of its texts are one row.
        final Map<Beams, int[]> open = new LinkedHashMap<>();
        for (int n = 0; n < all.size(); n++) {
            open.put(all.get(n), new int[settings.beams()]);
            Arrays.fill(open.get(all.get(n)), n);
        }
        float[][] logits = model.start(prompts.toArray(int[][]::new));
        while (!cancellation.isRequestedHere()) {
            final float[][] present = logits;
            open.forEach((beams, rows) ->
                    beams.step(Arrays.stream(rows).mapToObj(row -> present[row]).toArray(float[][]::new)));
            open.keySet().removeIf(Beams::over);
            if (open.isEmpty()) {
                break;
            }
            final int[] kept = open.entrySet().stream()
                    .flatMapToInt(each -> each.getKey().parents().map(parent -> each.getValue()[parent]))
                    .toArray();
            Places.keep(model, kept, logits.length);
            logits = model.next(
                    open.keySet().stream().flatMapToInt(Beams::lastTokens).toArray());
            int row = 0;
            for (int[] rows : open.values()) {
                for (int beam = 0; beam < rows.length; beam++) {
                    rows[beam] = row++;
                }
            }
        }
        return all.stream().map(beams -> beams.result(tokenizer)).toList();
    }
}
