"""A search over the parameters of a scikit-learn pipeline."""
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

train, test, answers, truth = train_test_split(*load_breast_cancer(return_X_y=True), random_state=0)
pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
search = GridSearchCV(pipeline, {"logisticregression__C": [0.01, 0.1, 1.0]}, cv=3).fit(train, answers)
predicted = search.predict(test)
print("accuracy", accuracy_score(truth, predicted), "f1", f1_score(truth, predicted))
