"""Analysis and learning: experiments, statistics and models."""

from __future__ import annotations

from services.core.plan.bank.cluster import MID_ONLY, SEASONED, Cluster, ask, entries, words
from services.core.plan.plan import Domain

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "experimentation",
        "insight",
        Domain.ANALYTICS,
        entries(
            "~A/B testing: a/b tests, a/b test, ab testing, experimentation, experiments, split testing",
            "~Statistics: statistical, hypothesis testing, regression analysis, statistik",
            "~Causal inference: uplift, quasi-experiments, difference-in-differences",
            "~Product analytics: web analytics, amplitude, mixpanel, google analytics",
            "~Forecasting: demand forecasting, prophet",
        ),
        words(
            "experiment experiments test variant control group sample size power significance significant confidence"
            " interval effect metric guardrail peek peeking novelty segment randomize bias confounder conversion"
            " retention lift baseline hypothesis users weeks result causal correlation forecast error"
        ),
        (
            ask(
                "Tell me about an experiment whose result you did not trust. What made you doubt it?",
                "How did you check?",
                "What did you tell the people who wanted to ship?",
                purpose="Honesty about evidence, with the method to back it.",
            ),
            ask(
                "Walk me through an experiment you designed, from the question to the decision it led to.",
                "How did you choose the sample size and when to stop?",
                "What could have produced the same result by accident?",
                purpose="Experiment design with its weak points.",
            ),
            ask(
                "Describe a question where you could not run an experiment. How did you get to an answer you would"
                " defend?",
                "What is the strongest objection to it?",
                "What happened after people acted on it?",
                purpose="Causal reasoning without the comfort of randomisation.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "data_python",
        "insight",
        Domain.ANALYTICS,
        entries(
            "pandas|NumPy|Polars|Jupyter",
            "R: tidyverse, R",
            "~Data analysis: data analyst, exploratory analysis, data science, data scientist, datenanalyse",
            "~Spreadsheets: excel",
        ),
        words(
            "data frame dataframe column row missing outlier join group plot distribution notebook reproducible"
            " clean cleaning memory vectorize loop sample segment question finding result assumption analysis chart"
            " median mean"
        ),
        (
            ask(
                "Tell me about an analysis where the data first told you the wrong story. What gave it away?",
                "What had you assumed about the data?",
                "How do you guard against it now?",
                purpose="Scepticism towards one's own first result.",
            ),
            ask(
                "Walk me through the last analysis you handed to somebody who acted on it.",
                "How could they have checked it?",
                "What did you simplify for them?",
                purpose="From raw data to an answer another person can use.",
                levels=MID_ONLY,
            ),
            ask(
                "Describe turning a notebook or a one-off analysis into something that runs every day.",
                "What broke on the way?",
                "What did you leave behind?",
                purpose="Making analysis repeatable.",
            ),
        ),
    ),
    Cluster(
        "machine_learning",
        "learning",
        Domain.ANALYTICS,
        entries(
            "~Machine learning: ml, ml models, machine-learning, churn prediction, maschinelles lernen, predictive"
            " models",
            "PyTorch|TensorFlow|Keras|JAX",
            "scikit-learn: sklearn",
            "XGBoost|LightGBM",
            "MLflow|Kubeflow|SageMaker|Vertex AI",
            "~MLOps: feature store, model serving",
            "TensorRT|CUDA|Triton",
            "~Recommender systems: recommendation, recommendations, ranking models",
            "~Natural language processing: nlp, text classification",
        ),
        words(
            "model models train training feature features label labels baseline leakage leak drift precision recall"
            " auc threshold validation split offline online latency serve serving retrain monitor deploy batch"
            " predict prediction error metric imbalance shadow rollback"
        ),
        (
            ask(
                "Tell me about a model that looked good in evaluation and disappointed in use. What explained the gap?",
                "How did you find that out?",
                "What do you check before a launch since then?",
                purpose="The distance between offline metrics and use.",
            ),
            ask(
                "Walk me through a model you brought to production, starting with the simplest thing that could have"
                " worked.",
                "How much better than that simple thing was it?",
                "What did the difference cost to run?",
                purpose="Baselines, and complexity that has to earn its place.",
            ),
            ask(
                "Describe how you notice that a model in production is getting worse, with a case where you did.",
                "How long did it take you?",
                "What did you do with the predictions already made?",
                purpose="Monitoring and decay of models.",
                levels=SEASONED,
            ),
        ),
    ),
    Cluster(
        "language_models",
        "learning",
        Domain.ANALYTICS,
        entries(
            "~Large language models: llm, llms, large language model, generative ai, genai, openai, foundation models",
            "~Retrieval-augmented generation: rag, retrieval augmented generation, vector database, vector"
            " databases, embeddings, pgvector",
            "~Prompt engineering: prompting, langchain, ai agents",
            "~Fine-tuning: fine tuning, LoRA",
        ),
        words(
            "prompt prompts retrieval retrieve chunk chunks embedding embeddings context token tokens hallucinate"
            " hallucination ground grounded citation evaluate evaluation golden judge latency cost model tool"
            " guardrail injection rerank vector answer wrong fallback cache"
        ),
        (
            ask(
                "Tell me about a language model feature that gave confident wrong answers. How did you deal with that?",
                "How did you measure whether it got better?",
                "What do you not let the model decide?",
                purpose="Working with a component that is sometimes wrong.",
            ),
            ask(
                "Walk me through how you evaluate changes to a prompt, to retrieval or to a model before users get"
                " them.",
                "Where do your test cases come from?",
                "Which change looked better in your tests and was not?",
                purpose="Evaluation as engineering, not impression.",
            ),
            ask(
                "Describe a place where you decided that a language model was the wrong tool. What did you use"
                " instead?",
                "How did you convince the people who wanted it?",
                "What did it save, or cost?",
                purpose="Judgement against fashion.",
                levels=SEASONED,
            ),
        ),
    ),
)
