package dev.finetune.examples;

import dev.finetune.generate.Generation;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say how a model writes. */
final class GenerationOptions {
    @Option(names = "--max-new-tokens", description = "The most tokens of a text.")
    private Optional<Integer> maxNewTokens = Optional.empty();

    @Option(names = "--min-new-tokens", description = "So many tokens before one may end the text.")
    private Optional<Integer> minNewTokens = Optional.empty();

    @Option(names = "--greedy", description = "Take the most probable token each time.")
    private boolean greedy;

    @Option(names = "--temperature", description = "Draw tokens, their logits divided by this.")
    private Optional<Double> temperature = Optional.empty();

    @Option(names = "--top-p", description = "Draw tokens of the fewest whose probabilities add up to this.")
    private Optional<Double> topP = Optional.empty();

    @Option(names = "--top-k", description = "Draw tokens of so many most probable ones; 0 for all.")
    private Optional<Integer> topK = Optional.empty();

    @Option(names = "--seed", description = "Draw tokens with other random numbers.")
    private Optional<Long> seed = Optional.empty();

    @Option(names = "--beams", description = "Search with so many beams.")
    private Optional<Integer> beams = Optional.empty();

    @Option(names = "--repetition-penalty", description = "Above 1, tokens that are there already are less likely.")
    private Optional<Double> repetitionPenalty = Optional.empty();

    @Option(
            names = "--prompt-lookup",
            description = "Guess so many tokens at once at most where a text repeats itself or its prompt; 0 for none.")
    private Optional<Integer> promptLookup = Optional.empty();

    @Option(names = "--stop", description = "A text ends where it holds this; may be given several times.")
    private List<String> stop = List.of();

    /**
     * How the model is to write.
     *
     * @throws dev.finetune.error.FinetuneException if options contradict each other, or a value can't be meant
     */
    Generation settings() {
        final boolean draws = temperature.isPresent() || topP.isPresent() || topK.isPresent() || seed.isPresent();
        if ((draws ? 1 : 0) + (greedy ? 1 : 0) + (beams.isPresent() ? 1 : 0) > 1) {
            throw new WrongUsage(
                    "--greedy, --beams, and --temperature, --top-p, --top-k and --seed, which draw tokens, are three"
                            + " ways to write: give options of one of them.");
        }
        Generation settings = draws
                ? Generation.sampled()
                : greedy ? Generation.greedy() : beams.map(Generation::beams).orElse(Generation.asTheModel());
        settings = maxNewTokens.map(settings::maxNewTokens).orElse(settings);
        settings = minNewTokens.map(settings::minNewTokens).orElse(settings);
        settings = temperature.map(settings::temperature).orElse(settings);
        settings = topP.map(settings::topP).orElse(settings);
        settings = topK.map(settings::topK).orElse(settings);
        settings = seed.map(settings::seed).orElse(settings);
        settings = repetitionPenalty.map(settings::repetitionPenalty).orElse(settings);
        settings = promptLookup.map(settings::promptLookup).orElse(settings);
        return stop.isEmpty() ? settings : settings.stopAt(stop.toArray(new String[0]));
    }
}
