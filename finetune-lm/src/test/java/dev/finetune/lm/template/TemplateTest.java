package dev.finetune.lm.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
    private static final Map<String, Object> VARIABLES =
            Map.of("s", "Hello World", "u", "a😀é", "l", List.of(3, 1, 2), "d", Map.of("a", 1), "f", 0.1);

    private static String render(String template) {
        return Template.of("t", template)
                .render(VARIABLES, Clock.systemUTC(), false)
                .text();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{{ u[::-1] }} {{ u[1] }} {{ u!length }}|é😀a 😀 3",
                "{{ [1, 2.0, 1e16, 1e-5, true, none, 'it\\'s'] }}|[1, 2.0, 1e+16, 1e-05, True, None, \"it's\"]",
                "{{ 7 // -2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ f + 0.2 }}|-4 2 3.5 1024 0.30000000000000004",
                "{{ s.split()[-1] }} {{ s.rsplit('o', 1) }}|World ['Hello W', 'rld']",
                "{{ nothing }}{{ nothing!default('x') }}{{ nothing is defined }}|xFalse",
                "{{ 1 < 2 < 2 }} {{ 'b' not in 'abc' }} {{ 1 == 1.0 == true }}|False False True",
                "{{ {'a': 1}!tojson }} {{ (1,) }} {{ d.items()!list }}|{\"a\": 1} (1,) [('a', 1)]",
                "{% set ns = namespace(n=0) %}{% for x in l %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}|6",
                "{% for x in l if x > 1 %}{{ loop.index }}{{ x }}{{ ',' if not loop.last }}{% endfor %}|13,22",
                "{% for x in l %}{% break %}{% else %}none{% endfor %}|none",
                "{% macro m(a, b=a) %}{{ a }}{{ b }}{{ caller() }}{% endmacro %}{% call m(1) %}?{% endcall %}|11?",
                "{% set g = d!items %}{{ g.type is defined }} {{ {'a': 1}[g.type] is defined }}|False False",
                "{{ '<'!safe + '>' }} {{ '<'!e }} {{ '%s-%.2f' % (l, 2.675) }}|<&gt; &lt; [3, 1, 2]-2.67"
            })
    void valuesAreThoseOfPython(String template, String text) {
        assertThat(render(template.replace('!', '|'))).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% include 'a' %}",
                "{% block a %}{% endblock %}",
                "{% do 1 %}",
                "{% for x in l recursive %}{% endfor %}",
                "{{ l | groupby('a') }}",
                "{{ l is filter }}",
                "{{ s.encode() }}",
                "{{ cycler(1) }}",
                "{{ l | map('upper') }}",
                "{{ '%5d' % 3 }}",
                "{{ {1.5: 1} }}",
                "{{ '\\N{DASH}' }}",
                "{{ s.isidentifier() }}",
                "{{ (s | safe).upper() }}",
                "{{ strftime_now('%c') }}"
            })
    void whatIsNotImplementedIsRefusedByName(String template) {
        assertThatThrownBy(() -> render("\n" + template))
                .isInstanceOf(FinetuneException.class)
                .hasMessageStartingWith("t, line 2: ")
                .hasMessageContaining("is not implemented here");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ nothing.a }}",
                "{{ nothing + 1 }}",
                "{{ 'a' + 1 }}",
                "{{ 1 / 0 }}",
                "{{ l.append(1) }}",
                "{{ s.__class__ }}",
                "{{ none | length }}",
                "{{ 1 < 'a' }}",
                "{% for a, b in l %}{% endfor %}",
                "{% set l.a = 1 %}",
                "{{ s | tojson(1, 2, 3, 4, 5) }}",
                "{{ raise_exception('no') }}",
                "{% if l %}",
                "{% endif %}",
                "{{ 1 ",
                "{# ",
                "{% raw %}",
                "{{ 'a }}",
                "{{ (1] }}",
                "{% break %}",
                "{{ a ! b }}",
                "{{ s() }}"
            })
    void whatPythonFailsAtFails(String template) {
        assertThatThrownBy(() -> render(template))
                .isInstanceOf(FinetuneException.class)
                .hasMessageStartingWith("t, line 1: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "{{ range(100001) }}",
                "{{ 'a' * 100000000000 }}",
                "{{ [1] * 100000000000 }}",
                "{{ 9 ** 99999 }}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
                "{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
                "{{ ('a' * 60000000).replace('a', 'bb') }}",
                "{{ 'a'.center(100000000000) }}",
                "{% for i in range(99999) %}{{ s * 9999 }}{% endfor %}",
                "{{ s | indent(100000000000) }}"
            })
    void aHostileTemplateEnds(String template) {
        assertThatThrownBy(() -> render(template))
                .isInstanceOf(FinetuneException.class)
                .hasMessageStartingWith("t, line 1: ");
    }

    @Test
    void nestingThatIsTooDeepIsRefused() {
        for (String template : List.of(
                "{{ " + "(".repeat(9000) + "1" + ")".repeat(9000) + " }}",
                "{{ " + "-".repeat(90000) + "1 }}",
                "{{ " + "not ".repeat(90000) + "1 }}",
                "{{ 1" + " + 1".repeat(90000) + " }}",
                "{{ s" + ".a".repeat(90000) + " }}",
                "{% if s %}".repeat(9000) + "{% endif %}".repeat(9000),
                "{% if s %}" + "{% elif s %}".repeat(90000) + "{% endif %}")) {
            assertThatThrownBy(() -> Template.of("t", template)).isInstanceOf(FinetuneException.class);
        }
        List<Object> deep = new ArrayList<>();
        for (int i = 0; i < 90000; i++) {
            deep = new ArrayList<>(Arrays.asList(deep));
        }
        final List<Object> value = deep;
        assertThatThrownBy(() -> Template.of("t", "").render(Map.of("v", value), Clock.systemUTC(), false))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("levels");
    }

    @Test
    void generationBlocksAreTrackedWhereTheyHaveAPlace() {
        final Template template =
                Template.of("t", "a{% generation %}b😀{% endgeneration %}c{% generation %}{% endgeneration %}");

        final Rendered rendered = template.render(Map.of(), Clock.systemUTC(), true);
        assertThat(rendered.text()).isEqualTo("ab😀c");
        assertThat(rendered.generated()).containsExactly(new Rendered.Span(1, 4), new Rendered.Span(5, 5));
        assertThat(template.generates()).isTrue();
        assertThat(Template.of("t", "{{ add_generation_prompt }}").generates()).isFalse();
        final String inMacro = "{% macro m() %}{% generation %}b{% endgeneration %}{% endmacro %}{{ m() }}";
        assertThat(Template.of("t", inMacro)
                        .render(Map.of(), Clock.systemUTC(), false)
                        .text())
                .isEqualTo("b");
        assertThatThrownBy(() -> Template.of("t", inMacro).render(Map.of(), Clock.systemUTC(), true))
                .hasMessageContaining("a generation block inside of a macro");
    }

    @Test
    void aVariableThatIsSetLaterIsUndefinedForTheBlocksBefore() {
        final String late = "{% for x in [1] %}{{ s }}{% endfor %}{% set s = 'late' %}{{ s }}";
        final String early = "{{ s }} {% for x in [1] %}{{ s }}{% set s = 'inner' %}{{ s }}{% endfor %} {{ s }}";

        assertThat(render(late)).isEqualTo("late");
        assertThat(render(early)).isEqualTo("Hello World Hello Worldinner Hello World");
    }

    @Test
    void blanksAroundTagsAreTakenAwayAsTransformersSetsIt() {
        assertThat(render("a\n  {% if s %}\n  b\n  {%- endif +%}\n  {# c #}\nd {{- 1 -}} \n e\n"))
                .isEqualTo("a\n  b\nd1e");
    }
}
