package dev.finetune.lm.generate;

import dev.finetune.generate.Generated;
import dev.finetune.spi.TextWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Goes on with some prompts side by side, then with the next; owns the model of those under way. Used once. */
final class GenerationWork implements TextWriter.Work {
    private final Supplier<NextTokens> models;
    private final List<int[]> prompts;
    private final int atOnce;
    private final Searching searching;
    private final Runnable end;
    private final List<Generated> written = new ArrayList<>();
    private Optional<NextTokens> model = Optional.empty();
    private Optional<Search> search = Optional.empty();

    /** How to begin. */
    interface Searching {
        /** Of prompts of which the first is so many-th of the call. */
        Search of(NextTokens model, List<int[]> prompts, int first);
    }

    GenerationWork(Supplier<NextTokens> models, List<int[]> prompts, int atOnce, Searching searching, Runnable end) {
        this.models = models;
        this.prompts = List.copyOf(prompts);
        this.atOnce = atOnce;
        this.searching = searching;
        this.end = end;
    }

    @Override
    public boolean step() {
        if (written.size() == prompts.size()) {
            return false;
        }
        if (search.isEmpty()) {
            final NextTokens fresh = models.get();
            model = Optional.of(fresh);
            final int to = Math.min(prompts.size(), written.size() + atOnce);
            search = Optional.of(searching.of(fresh, prompts.subList(written.size(), to), written.size()));
        }
        if (search.get().step()) {
            return true;
        }
        written.addAll(search.get().result());
        search = Optional.empty();
        close();
        if (written.size() < prompts.size()) {
            return true;
        }
        end.run();
        return false;
    }

    @Override
    public List<Generated> result() {
        return List.copyOf(written);
    }

    @Override
    public void close() {
        model.ifPresent(NextTokens::close);
        model = Optional.empty();
    }
}
