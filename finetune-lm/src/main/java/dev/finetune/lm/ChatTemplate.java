package dev.finetune.lm;

import dev.finetune.bert.text.Tokenizer;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import dev.finetune.lm.template.JsonValues;
import dev.finetune.lm.template.Rendered;
import dev.finetune.lm.template.Template;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes conversations the way a model was trained to read them, as Transformers' {@code apply_chat_template} does, to the
 * character. The template is a program in Jinja that comes with the model; what of Jinja this library doesn't know, it
 * refuses, naming the line.
 *
 * <p>A template is told {@code messages}, {@code tools}, {@code add_generation_prompt}, the special tokens ({@code bos_token},
 * {@code eos_token}, ...) and the variables that were {@linkplain #with given}. Of several templates, the one called
 * {@code tool_use} is taken for conversations with tools, and else {@code default}. Never changes, and may be used by several
 * threads at once.
 */
public final class ChatTemplate {
    /** What a template is told by the conversation, and by nobody else. */
    private static final List<String> OWN = List.of("messages", "tools", "add_generation_prompt");

    private final TemplateFiles files;
    private final Map<String, @Nullable Object> variables;
    private final Clock clock;

    private ChatTemplate(TemplateFiles files, Map<String, @Nullable Object> variables, Clock clock) {
        this.files = files;
        this.variables = variables;
        this.clock = clock;
    }

    /**
     * Reads the template of a model directory: {@code chat_template.jinja}, else {@code chat_template} in
     * {@code tokenizer_config.json} (one, or a list of named ones).
     *
     * @param modelDirectory the checkpoint's directory
     * @return the template
     * @throws FinetuneException if there is none, or it has something that isn't known
     */
    public static ChatTemplate open(Path modelDirectory) {
        Objects.requireNonNull(modelDirectory, "modelDirectory");
        return new ChatTemplate(TemplateFiles.of(modelDirectory), Map.of(), Clock.systemDefaultZone());
    }

    /**
     * Reads a template that isn't in a file. Special tokens are given by {@link #with}.
     *
     * @param template its text, in Jinja
     * @return the template
     * @throws FinetuneException if it has something that isn't known
     */
    public static ChatTemplate of(String template) {
        Objects.requireNonNull(template, "template");
        Template read = Template.of("The chat template", template);
        return new ChatTemplate(
                new TemplateFiles(Map.of(TemplateFiles.DEFAULT, read), Map.of(), Optional.empty()),
                Map.of(),
                Clock.systemDefaultZone());
    }

    /**
     * Tells the template one thing more, such as {@code enable_thinking}.
     *
     * @param variable its name
     * @param value null, a truth value, a number, a string, a list of such, or a map of strings to such
     * @return a new template with that variable
     * @throws FinetuneException if the value is of another kind, or the conversation itself says what the variable is
     */
    public ChatTemplate with(String variable, @Nullable Object value) {
        Objects.requireNonNull(variable, "variable");
        Map<String, @Nullable Object> more = new LinkedHashMap<>();
        more.put(variable, value);
        return with(more);
    }

    /**
     * Tells the template more, as {@link #with(String, Object)} does.
     *
     * @param more values by name
     * @return a new template with these variables
     * @throws FinetuneException if a value is of another kind, or the conversation itself says what a variable is
     */
    public ChatTemplate with(Map<String, ? extends @Nullable Object> more) {
        for (String own : OWN) {
            if (more.containsKey(own)) {
                throw new FinetuneException("with(\"" + own + "\", ...): the template is told " + own
                        + " by the conversation itself; give it other variables, such as enable_thinking.");
            }
        }
        Map<String, @Nullable Object> all = new LinkedHashMap<>(variables);
        all.putAll(JsonValues.copyOf(more, "more"));
        return new ChatTemplate(files, all, clock);
    }

    /** The same template at another time, for strftime_now. */
    ChatTemplate at(Clock other) {
        return new ChatTemplate(files, variables, other);
    }

    /**
     * {@return the conversation as text}
     *
     * @param chat the conversation
     * @param addGenerationPrompt whether the text ends with what the model's answer begins with
     * @throws FinetuneException naming the line, if the template refuses the conversation or fails at it
     */
    public String render(Chat chat, boolean addGenerationPrompt) {
        return rendered(Objects.requireNonNull(chat, "chat"), addGenerationPrompt, false)
                .text();
    }

    /**
     * Makes a conversation into tokens to learn from, with labels where the assistant speaks: inside the template's
     * {@code {% generation %}} blocks where it has such, else for each message of the assistant from the end of what the
     * messages before it render to, with the generation prompt, to the end of what they render to with it. A token that lies
     * across such a border is the assistant's.
     *
     * @param tokenizer of the same model; adds no special tokens, since the template writes them
     * @param chat the conversation
     * @return its tokens, uncut
     * @throws FinetuneException as {@link #render}, or if it can't be told what the assistant said since the template renders
     *     the same messages otherwise where more follow
     */
    public ChatTokens encode(Tokenizer tokenizer, Chat chat) {
        Objects.requireNonNull(tokenizer, "tokenizer");
        Objects.requireNonNull(chat, "chat");
        Rendered whole = rendered(chat, false, templateFor(chat).generates());
        List<Rendered.Span> said =
                templateFor(chat).generates() ? whole.generated() : AssistantSpans.of(this, chat, whole.text());
        return AssistantSpans.labelled(tokenizer.encodeWhole(whole.text()), said);
    }

    /**
     * Makes an answer to a conversation into tokens, with labels from the end of what the conversation renders to, with the
     * generation prompt, to the end of what it renders to with the answer; where {@code {% generation %}} blocks are makes no
     * difference. A token that lies across the border is the answer's.
     *
     * @param tokenizer of the same model; adds no special tokens, since the template writes them
     * @param chat the conversation before the answer
     * @param answer messages that follow on it, mostly one of the assistant
     * @return all tokens, uncut
     * @throws FinetuneException as {@link #render}, or if the conversation renders otherwise where the answer follows
     */
    public ChatTokens encode(Tokenizer tokenizer, Chat chat, List<Message> answer) {
        Objects.requireNonNull(tokenizer, "tokenizer");
        Objects.requireNonNull(chat, "chat");
        List<Message> all = new ArrayList<>(chat.messages());
        all.addAll(Arguments.copy(answer, "answer"));
        String before = render(chat, true);
        String whole = render(new Chat(all, chat.tools()), false);
        return AssistantSpans.labelled(tokenizer.encodeWhole(whole), List.of(AssistantSpans.ofAnswer(before, whole)));
    }

    private Rendered rendered(Chat chat, boolean addGenerationPrompt, boolean tracked) {
        Map<String, @Nullable Object> told = new LinkedHashMap<>(files.tokens());
        told.put("tools", chat.tools().isEmpty() ? null : chat.tools());
        told.put("documents", null);
        told.putAll(variables);
        told.put("messages", chat.messages().stream().map(Message::fields).toList());
        told.put("add_generation_prompt", addGenerationPrompt);
        return templateFor(chat).render(told, clock, tracked);
    }

    private Template templateFor(Chat chat) {
        if (!chat.tools().isEmpty() && files.unread().isPresent()) {
            throw new FinetuneException("The model writes conversations with tools by a template of their own, "
                    + files.unread().get()
                    + ", which isn't read: put it into tokenizer_config.json, with the usual one, as"
                    + " \"chat_template\": [{\"name\": \"default\", \"template\": ...}, {\"name\": \"tool_use\","
                    + " \"template\": ...}], and remove chat_template.jinja.");
        }
        Template forTools = files.templates().get(TemplateFiles.FOR_TOOLS);
        Template usual = files.templates().get(TemplateFiles.DEFAULT);
        Template chosen = !chat.tools().isEmpty() && forTools != null ? forTools : usual;
        if (chosen == null) {
            throw new FinetuneException("The model has the chat templates "
                    + String.join(", ", files.templates().keySet()) + ", and none called " + TemplateFiles.DEFAULT
                    + ". Write the one that is meant in a chat_template.jinja.");
        }
        return chosen;
    }
}
