package dev.finetune.spi;

import dev.finetune.hub.Pretrained;
import java.util.List;

/**
 * Names of models that come in jars, so that {@code FineTuner.from(name)} finds them there. Found with {@link
 * java.util.ServiceLoader}: a module that knows such names says so in {@code
 * META-INF/services/dev.finetune.spi.PretrainedModels}.
 */
public interface PretrainedModels {
    /** {@return the models, each under the name that it is asked for by; whether their jars are there is seen later} */
    List<Pretrained> models();
}
