"""Analytics: data on its way to a decision, and models that learn from it."""

from __future__ import annotations

from services.core.plan.bank.cluster import HANDS_ON, SEASONED, STAFF_ONLY, Cluster, ask, entries, words
from services.core.plan.plan import Domain

CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        "warehouse",
        "pipelines",
        Domain.ANALYTICS,
        entries(
            "Snowflake",
            "BigQuery",
            "Redshift|ClickHouse|DuckDB|Synapse",
            "Databricks|Delta Lake|Iceberg",
            "~Data warehousing: lakehouse, data warehouse, data lake, dwh, warehouse",
        ),
        words(
            "table tables partition cluster clustering query scan cost credits spend warehouse column columnar"
            " incremental full refresh join storage compute materialize view slow minutes bytes lake file small"
            " compaction snapshot permission role source load"
        ),
        (
            ask(
                "Tell me about a query or a model in {skill} that had become too slow or too expensive. What was it"
                " really doing?",
                "What did you change first, and what did it bring?",
                "What did people lose, if anything?",
                purpose="Cost and speed in a warehouse, found rather than guessed.",
            ),
            ask(
                "Walk me through how you laid out a large table in {skill}, and which questions it was laid out for.",
                "Which question does it answer badly?",
                "How did you find out what people would ask?",
                purpose="Physical design that follows use.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe a decision about where data should live, in the warehouse or elsewhere, that several teams"
                " had to accept.",
                "What was the strongest argument against it?",
                "What does it cost today?",
                purpose="Data architecture with its politics and its price.",
                levels=SEASONED,
            ),
        ),
        "your warehouse",
    ),
    Cluster(
        "orchestration",
        "pipelines",
        Domain.ANALYTICS,
        entries(
            "Airflow: airflow, apache airflow",
            "Dagster|Prefect",
            "dbt: dbt, data build tool",
            "ETL: elt, etl pipelines, fivetran, airbyte",
            "~Data pipelines: data pipeline, data ingestion, datenpipelines",
            "~Data engineering: data engineer",
        ),
        words(
            "pipeline pipelines task dag run runs rerun backfill late arrive idempotent retry schedule dependency"
            " upstream downstream incremental model models snapshot load extract source schema change failure alert"
            " partition watermark full refresh duplicate duplicates hours sla sensor freshness merge"
        ),
        (
            ask(
                "Tell me about a pipeline that failed half way through. What state did it leave things in?",
                "How did you run it again without counting anything twice?",
                "Who noticed first, you or the people who use the data?",
                purpose="Reruns, idempotency and who finds out.",
            ),
            ask(
                "Describe data that came late, or changed after you had already reported on it. How do you deal with"
                " that?",
                "How far back do you reach, and why no further?",
                "What do you tell the people whose numbers moved?",
                purpose="Late and corrected data, technically and with its readers.",
            ),
            ask(
                "A source you depend on changed without a word. Tell me about the last time that happened to you.",
                "How long did wrong data go unnoticed?",
                "What did you agree with the team that owns the source?",
                purpose="Contracts with those who produce data.",
                levels=HANDS_ON,
            ),
            ask(
                "Tell me how you decided what belongs in a pipeline that many teams share, and what they have to do"
                " themselves.",
                "What did you get wrong at first?",
                "How do you know that it is right now?",
                purpose="Data platform boundaries across teams.",
                levels=STAFF_ONLY,
            ),
        ),
    ),
    Cluster(
        "stream_processing",
        "pipelines",
        Domain.ANALYTICS,
        entries(
            "Spark: apache spark, pyspark",
            "Flink: apache flink",
            "Kafka Streams: kafka streams",
            "Apache Beam: dataflow",
            "Hadoop",
            "Trino|Presto",
            "~Stream processing: streaming, real-time data, big data",
        ),
        words(
            "partition shuffle skew skewed join broadcast executor memory spill window watermark late event state"
            " checkpoint restart batch stream lag throughput cluster stage task key hot latency exactly once"
            " duplicate replay broadcast cache file"
        ),
        (
            ask(
                "Tell me about a {skill} job that ran for hours or ran out of memory. What was going on inside it?",
                "How did you see that?",
                "What did you try that did not help?",
                purpose="Reasoning about distributed computation from evidence.",
            ),
            ask(
                "Walk me through a computation you run on data as it comes in. What happens when it has to start"
                " again?",
                "Which events can it lose or count twice?",
                "Would a nightly batch have been enough?",
                purpose="Streaming state, restarts and whether streaming was needed.",
            ),
            ask(
                "Describe the choice between fresh data and cheap data somewhere you worked. Who wanted what?",
                "How was it settled?",
                "What would make you reopen it?",
                purpose="Latency of data as a business decision.",
                levels=SEASONED,
            ),
        ),
        "streaming",
    ),
    Cluster(
        "data_modelling",
        "insight",
        Domain.ANALYTICS,
        entries(
            "~Dimensional modelling: dimensional modeling, star schema, slowly changing dimensions, data modelling,"
            " data modeling, data vault, datenmodellierung",
            "~Semantic layer: metrics layer, metric definitions, single source of truth",
            "~Data quality: data contracts, great expectations, data quality checks, datenqualität",
            "~Data governance: data catalog, lineage, data mesh",
        ),
        words(
            "definition define metric metrics fact facts dimension grain history snapshot key surrogate join source"
            " truth owner ownership check checks test tests contract freshness null duplicate lineage catalog active"
            " user customer number numbers differ report model"
        ),
        (
            ask(
                "Tell me about two reports that should have agreed and did not. How did you get to the bottom of it?",
                "Whose definition won, and why?",
                "What keeps them together today?",
                purpose="One meaning for one number, and how to get people there.",
            ),
            ask(
                "Walk me through how you modelled something that changes over time, such as a customer or a price.",
                "Which question about the past can your model not answer?",
                "What would a simpler model have lost?",
                purpose="History and grain in a data model.",
                levels=HANDS_ON,
            ),
            ask(
                "Describe wrong data that reached a decision. What happened, and what did you change?",
                "Which check would have caught it?",
                "How do you keep checks from being ignored?",
                purpose="Data quality from a failure somebody felt.",
            ),
        ),
    ),
    Cluster(
        "dashboards",
        "insight",
        Domain.ANALYTICS,
        entries(
            "Looker: lookml",
            "Tableau|Qlik|Metabase|Superset",
            "Power BI: powerbi, dax",
            "~Business intelligence: BI, dashboards, dashboard, business reporting, reporting tools, data"
            " visualisation, data visualization",
        ),
        words(
            "dashboard dashboards report chart filter user users question decision metric metrics manager"
            " stakeholder number trust refresh slow usage deleted retire ask self-service explore definition board"
            " weekly meeting"
        ),
        (
            ask(
                "Tell me about a dashboard that changed what somebody did. What did they do differently?",
                "What did you leave out of it on purpose?",
                "How did you find out that they used it?",
                purpose="Reporting judged by decisions.",
            ),
            ask(
                "Describe a request for a dashboard where you ended up building something else, or nothing.",
                "What was the question behind the request?",
                "How did the person who asked take it?",
                purpose="Getting from a request to a need.",
            ),
        ),
    ),
)
