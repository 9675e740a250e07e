package dev.finetune.lm.input;

import dev.finetune.bert.text.Tokenizer;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Visible;
import dev.finetune.lm.Chat;
import dev.finetune.lm.ChatTemplate;
import dev.finetune.lm.ChatTokens;
import dev.finetune.lm.Message;
import dev.finetune.lm.Preference;
import dev.finetune.spi.TextWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Conversations as the checkpoint's own template writes them, of which what the assistant says is predicted. */
final class Conversations implements InputTokens<Chat> {
    private static final int SHOWN = 60;

    private final Tokenizer tokenizer;
    private final Supplier<ChatTemplate> template;

    /**
     * Opens the template. Where that can't be, models still read texts; conversations are refused.
     *
     * @param tokenizer of the model (borrowed)
     * @param directory of the model
     * @param variables that the template is told
     */
    Conversations(Tokenizer tokenizer, Path directory, Map<String, Object> variables) {
        this.tokenizer = tokenizer;
        Supplier<ChatTemplate> found;
        try {
            final ChatTemplate opened = ChatTemplate.open(directory).with(variables);
            found = () -> opened;
        } catch (FinetuneException e) {
            found = () -> {
                throw new FinetuneException("This model can't read conversations: " + e.getMessage(), e);
            };
        }
        this.template = found;
    }

    @Override
    public Class<Chat> inputType() {
        return Chat.class;
    }

    @Override
    public TokenRow learned(Example<Chat> example) {
        if (!(example.label() instanceof Label.None)) {
            throw new FinetuneException(
                    "Of a conversation the model learns what the assistant says in it, without a label; this"
                            + " one has the label " + example.label() + "."
                            + (example.label() instanceof Preference
                                    ? " Which of two answers is preferred is learned by fitPreferences(...), and evaluated"
                                            + " by evaluate(pairs, Dpo.beta(0.1)), or Orpo.lambda(0.1)."
                                    : ""));
        }
        final ChatTemplate found = template.get();
        final ChatTokens tokens = named(example.input(), () -> found.encode(tokenizer, example.input()));
        return TokenRow.of(tokens.ids(), tokens.labels());
    }

    @Override
    public List<TokenRow> answered(Example<Chat> example) {
        if (!(example.label() instanceof Preference preference)) {
            throw new FinetuneException("fitPreferences(...) learns from conversations with two answers, as"
                    + " ChatFiles.jsonl(path).preferences() reads them, but one has the label " + example.label()
                    + ".");
        }
        return List.of(
                answered(example.input(), preference.chosen()), answered(example.input(), preference.rejected()));
    }

    private TokenRow answered(Chat prompt, List<Message> answer) {
        final ChatTemplate found = template.get();
        final ChatTokens tokens = named(prompt, () -> found.encode(tokenizer, prompt, answer));
        return TokenRow.of(tokens.ids(), tokens.labels());
    }

    @Override
    public int[] prompt(Chat chat) {
        final ChatTemplate found = template.get();
        return tokenizer
                .encodeWhole(named(chat, () -> found.render(chat, true)))
                .ids();
    }

    /** Says which conversation it is that a template fails at. */
    private static <T> T named(Chat chat, Supplier<T> rendering) {
        try {
            return rendering.get();
        } catch (FinetuneException e) {
            final String text = chat.readAsText();
            throw new FinetuneException(
                    e.getMessage() + " The conversation is: \""
                            + Visible.of(text.length() > SHOWN ? text.substring(0, SHOWN) + " ..." : text)
                            + "\". Change it to what the model's chat template expects, or leave it out.",
                    e);
        }
    }

    @Override
    public Optional<TextWriter.Question<Chat>> question(Example<Chat> example) {
        final Chat chat = example.input();
        if (example.label() instanceof Preference preference) {
            return preference.chosen().stream()
                    .findFirst()
                    .filter(answer -> answer.role().equals("assistant")
                            && !answer.content().isBlank())
                    .map(answer -> new TextWriter.Question<>(chat, chat.readAsText(), answer.content()));
        }
        int last = chat.messages().size() - 1;
        while (last >= 0 && !chat.messages().get(last).role().equals("assistant")) {
            last--;
        }
        if (last < 0 || chat.messages().get(last).content().isBlank()) {
            return Optional.empty();
        }
        final Chat before = new Chat(chat.messages().subList(0, last), chat.tools());
        return Optional.of(new TextWriter.Question<>(
                before, before.readAsText(), chat.messages().get(last).content()));
    }

    @Override
    public Optional<String> useless(Example<Chat> example) {
        return Optional.of("the assistant says nothing in it, or nothing within the maximum length");
    }
}
