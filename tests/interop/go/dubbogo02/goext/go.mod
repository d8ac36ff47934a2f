module github.com/AlexStocks/goext

go 1.21
