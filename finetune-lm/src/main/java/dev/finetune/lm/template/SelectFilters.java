package dev.finetune.lm.template;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Filters that apply others, or tests, to each value of a sequence, when it is asked for. */
final class SelectFilters {
    private SelectFilters() {}

    static void addTo(Map<String, Filter> all) {
        all.put("map", SelectFilters::map);
        all.put("select", (run, value, given) -> select(run, value, given, "select"));
        all.put("reject", (run, value, given) -> select(run, value, given, "reject"));
        all.put("selectattr", (run, value, given) -> select(run, value, given, "selectattr"));
        all.put("rejectattr", (run, value, given) -> select(run, value, given, "rejectattr"));
    }

    private static Iterator<Object> values(Object value) {
        return Values.isTrue(value)
                ? Sequences.iterator(value)
                : List.<Object>of().iterator();
    }

    private static Object map(Run run, Object value, Arguments given) {
        if (given.values().isEmpty()) {
            Object[] bound = given.bind("map", "attribute", "default?");
            Object instead = bound[1] == null || bound[1] == None.NONE ? null : bound[1];
            Paths path = Paths.of(bound[0]);
            return OneTime.mapped(values(value), item -> {
                run.step();
                Object found = item;
                for (Object part : path.parts()) {
                    found = Attributes.item(found, part);
                    found = instead != null && found instanceof Undefined ? instead : found;
                }
                return found;
            });
        }
        String name = Values.string(given.values().get(0), "the name of a filter for map");
        Filter filter = Filters.get(name);
        if (filter == null) {
            throw TemplateProblem.lacking("the filter " + name);
        }
        Arguments rest = given.from(1);
        return OneTime.mapped(values(value), item -> {
            run.step();
            return filter.apply(run, item, rest);
        });
    }

    private static Object select(Run run, Object value, Arguments given, String kind) {
        boolean byAttribute = kind.endsWith("attr");
        int first = byAttribute ? 1 : 0;
        if (given.values().size() < first) {
            throw new TemplateProblem(kind + " lacks the name of an attribute");
        }
        Paths path = Paths.of(byAttribute ? given.values().get(0) : None.NONE);
        Test test = (item, none) -> Values.isTrue(item);
        if (given.values().size() > first) {
            String name = Values.string(given.values().get(first), "the name of a test for " + kind);
            test = Tests.get(name);
            if (test == null) {
                throw TemplateProblem.lacking("the test " + name);
            }
        } else if (!given.named().isEmpty()) {
            throw TemplateProblem.lacking(kind + " with names");
        }
        Test chosen = test;
        Arguments rest = given.from(first + 1);
        return OneTime.filtered(values(value), item -> {
            run.step();
            return chosen.holds(path.get(item), rest) == kind.startsWith("select");
        });
    }
}
