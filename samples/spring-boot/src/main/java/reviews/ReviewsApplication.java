package reviews;

import dev.finetune.FineTuner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Learns to tell texts apart on request, and tells them apart. */
@SpringBootApplication
@EnableConfigurationProperties(ReviewsApplication.Settings.class)
public class ReviewsApplication {
    /**
     * What application.properties says of training.
     *
     * @param model what each training starts from: an id, or a directory
     * @param learningRate the peak
     * @param epochs passes over the rows
     */
    @ConfigurationProperties("reviews")
    record Settings(String model, double learningRate, double epochs) {}

    @Bean
    FineTuner tuner(Settings settings) {
        return FineTuner.from(settings.model()).lr(settings.learningRate()).epochs(settings.epochs());
    }

    public static void main(String[] arguments) {
        SpringApplication.run(ReviewsApplication.class, arguments);
    }
}
